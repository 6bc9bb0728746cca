// What the databases really hold, as the bottom-most wrappers of the ports saw it, and what the providers accepted.
// The oracle reads this and nothing of the engine's memory.
import { createHash } from 'node:crypto';
import type { AlertMessage } from '../../../channels/message.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type {
  AlertRow,
  BreakerRow,
  DeliveryRow,
  EventRow,
  GroupRow,
  NotificationRow,
} from '../../pipeline/rows.ts';
import type { ShardCommit } from '../../store/store.ts';

/** One accepted message at a provider. */
export interface Accepted {
  readonly at: number;
  readonly channel: string;
  readonly deliveryId: string;
  readonly message: AlertMessage;
  /** The sender cannot know that this was accepted. */
  ambiguous: boolean;
}

export interface AlertRecord {
  row: AlertRow;
  /** Engine time of its events by kind, in order. */
  readonly events: { readonly kind: string; readonly reason: string | null; readonly at: number }[];
  firedAt: number | null;
  resolvedAt: number | null;
}

export interface DeliveryRecord {
  row: DeliveryRow;
  readonly accepted: Accepted[];
  /** Times that the provider failed it in a way that is tried again, since it was made or queued anew. */
  failures: number;
  /** Processes that died while it was leased, since it was made or queued anew. */
  crashes: number;
  /** Whose lease it is under. */
  leasedBy: string;
  /** When it was queued anew; when it was made, until then. */
  openedAt: number;
  /** Never got through once, whatever became of it since. */
  wasDead: boolean;
  /** A provider took it and said later that it did not arrive. */
  lost: boolean;
}

export interface Skip {
  readonly alertId: string;
  readonly groupKey: string;
  readonly kind: string;
  readonly reason: string;
  readonly at: number;
}

const logLines = 400;

export class Journal {
  readonly alerts = new Map<string, AlertRecord>();
  readonly groups = new Map<string, GroupRow>();
  readonly notifications = new Map<string, NotificationRow>();
  readonly notificationsOf = new Map<string, NotificationRow[]>();
  readonly deliveries = new Map<string, DeliveryRecord>();
  readonly deliveriesOf = new Map<string, DeliveryRecord[]>();
  /** Notifications that somebody confirmed. */
  readonly confirmed = new Set<string>();
  readonly skips = new Map<string, Skip[]>();
  readonly accepted: Accepted[] = [];
  /** By tenant and channel. */
  readonly breakers = new Map<string, BreakerRow>();
  /** The process that runs. */
  #owner = '';
  /** Times at which leases were voided: starts and reloads. */
  readonly voided: number[] = [];
  readonly #lines: { readonly at: number; readonly line: string }[] = [];
  /** Alerts and events of one identity, by tenant and key. */
  readonly alertsOfKey = new Map<string, AlertRecord[]>();
  /** What fires, and deliveries by state: a long run has thousands of others. */
  readonly firing = new Set<AlertRecord>();
  readonly dead = new Set<DeliveryRecord>();
  readonly sending = new Set<DeliveryRecord>();
  readonly #digest = createHash('sha256');
  /** Called for each line of the history. */
  onLine: (at: number, line: string) => void = () => {};
  /** Called for each committed effect, after it is in the journal. */
  onEffect: (effect: Effect, at: number) => void = () => {};

  log(at: number, line: string): void {
    // Without the stack of an error, which says where the program lies and how it was compiled.
    this.#digest.update(`${at} ${line.split('\n', 1)[0]}\n`);
    this.#lines.push({ at, line });
    this.onLine(at, line);
    if (this.#lines.length > 2 * logLines) this.#lines.splice(0, logLines);
  }

  /** What a delivery says by itself. */
  messageOf(deliveryId: string): AlertMessage | null {
    const record = this.deliveries.get(deliveryId);
    const body = record && this.notifications.get(record.row.notificationId)?.body;
    return body === undefined ? null : (JSON.parse(body) as AlertMessage);
  }

  /** The last lines, each with its time. */
  get lines(): readonly string[] {
    return this.#lines.map(({ at, line }) => `${new Date(at).toISOString().slice(5, 23)} ${line}`);
  }

  /** Those of one identity, in the order in which they began. */
  ofKey(tenant: string, key: string): readonly AlertRecord[] {
    return this.alertsOfKey.get(`${tenant}\n${key}`) ?? [];
  }

  digest(): string {
    return this.#digest.copy().digest('hex').slice(0, 16);
  }

  committed(commits: readonly ShardCommit[], at: number): void {
    for (const { effects } of commits) {
      for (const effect of effects) {
        this.#apply(effect);
        this.onEffect(effect, at);
      }
    }
  }

  accept(accepted: Accepted): void {
    this.accepted.push(accepted);
    this.deliveries.get(accepted.deliveryId)?.accepted.push(accepted);
    const { message } = accepted;
    this.log(
      accepted.at,
      `accept ${accepted.channel} ${accepted.deliveryId} ${message.reason} ${message.alerts.map((a) => `${a.id.slice(-6)}=${a.status}`).join(',')}`,
    );
  }

  #apply(effect: Effect): void {
    switch (effect.put) {
      case 'alert': {
        let record = this.alerts.get(effect.row.id);
        if (record) record.row = { ...effect.row };
        else {
          record = { row: { ...effect.row }, events: [], firedAt: null, resolvedAt: null };
          this.alerts.set(effect.row.id, record);
          push(this.alertsOfKey, `${effect.row.tenant}\n${effect.row.key}`, record);
        }
        if (record.row.kind === 'alert' && record.row.state === 'firing') this.firing.add(record);
        else this.firing.delete(record);
        return;
      }
      case 'event':
        this.#event(effect.row);
        return;
      case 'group':
        this.groups.set(effect.row.id, { ...effect.row });
        return;
      case 'group.closed':
        this.groups.delete(effect.id);
        return;
      case 'notification': {
        const { row } = effect;
        this.notifications.set(row.id, row);
        for (const id of Object.keys(row.alerts)) push(this.notificationsOf, id, row);
        this.log(row.createdAt, `notification ${row.id.slice(-6)} ${row.receiver} ${row.reason}`);
        return;
      }
      case 'delivery': {
        const record: DeliveryRecord = {
          row: { ...effect.row },
          accepted: [],
          failures: 0,
          crashes: 0,
          leasedBy: this.#owner,
          openedAt: effect.row.createdAt,
          wasDead: false,
          lost: false,
        };
        this.deliveries.set(effect.row.id, record);
        push(this.deliveriesOf, effect.row.notificationId, record);
        this.#sort(record);
        return;
      }
      case 'delivery.result': {
        const { result } = effect;
        const record = this.deliveries.get(result.id);
        if (!record || record.row.leaseToken !== result.leaseToken) return;
        const { state, dueAt, reason, attempts, shorter, finishedAt, providerId, moved } = result;
        const said = { state, dueAt, reason, attempts, shorter, finishedAt, providerId };
        record.row = { ...record.row, ...said, ...moved, leaseUntil: null };
        record.wasDead ||= state === 'dead';
        this.#sort(record);
        return;
      }
      case 'delivery.requeued': {
        const { id, dueAt, expiresAt, orderNo, reason, lost } = effect.row;
        const record = this.deliveries.get(id);
        if (record?.row.state !== (lost ? 'sent' : 'dead')) return;
        const again = { dueAt, expiresAt, orderNo, reason, attempts: 0, shorter: false, finishedAt: null };
        record.row = { ...record.row, ...again, ...lost, state: 'queued' };
        record.failures = 0;
        record.crashes = 0;
        record.openedAt = dueAt;
        this.#sort(record);
        return;
      }
      case 'delivery.receipt': {
        const { moved, row } = effect;
        const record = this.deliveries.get(row.id);
        if (!record || record.row.leaseToken !== row.leaseToken || !moved) return;
        const { state, reason, finishedAt, providerId } = row;
        record.row = { ...record.row, state, reason, finishedAt, providerId };
        record.lost ||= state === 'dead';
        this.#sort(record);
        return;
      }
      case 'confirmation':
        this.confirmed.add(effect.row.notificationId);
        return;
      case 'breaker':
        this.breakers.set(`${effect.row.tenant}/${effect.row.channel}`, effect.row);
        return;
      case 'idempotency':
      case 'config_version':
        return;
    }
  }

  #event(row: EventRow): void {
    const record = row.subjectKind === 'alert' ? this.alerts.get(row.subjectId) : undefined;
    const about = record ? `${record.row.tenant} ${record.row.key}` : '';
    this.log(row.at, `event ${row.kind} ${row.subjectId.slice(-6)} ${row.reason ?? ''} ${about}`);
    if (
      row.subjectKind === 'delivery' &&
      row.reason === 'receipt_failed' &&
      row.kind !== 'delivery.receipt'
    ) {
      const delivery = this.deliveries.get(row.subjectId);
      if (delivery) delivery.lost = true;
    }
    if (row.subjectKind !== 'alert') return;
    if (row.kind === 'notify.skipped' || row.kind === 'notify.held') {
      push(this.skips, row.subjectId, {
        alertId: row.subjectId,
        groupKey: String(row.body.groupKey),
        kind: row.kind,
        reason: row.reason ?? '',
        at: row.at,
      });
    }
    if (!record) return;
    record.events.push({ kind: row.kind, reason: row.reason, at: row.at });
    if (row.kind === 'alert.firing') record.firedAt ??= row.at;
    if (row.kind === 'alert.resolved') record.resolvedAt = row.at;
  }

  /** `takeShards` gave every lease back under a new token. */
  leasesVoided(at: number, owner: string): number {
    this.voided.push(at);
    this.#owner = owner;
    let n = 0;
    for (const record of [...this.sending]) {
      n += 1;
      if (record.leasedBy !== owner) record.crashes += 1;
      record.row = {
        ...record.row,
        state: 'queued',
        leaseToken: record.row.leaseToken + 1,
        leaseUntil: null,
      };
      this.#sort(record);
    }
    return n;
  }

  claimed(row: DeliveryRow): void {
    const record = this.deliveries.get(row.id);
    if (!record) return;
    record.row = { ...row };
    record.leasedBy = this.#owner;
    this.#sort(record);
  }

  #sort(record: DeliveryRecord): void {
    const { state } = record.row;
    if (state === 'dead') this.dead.add(record);
    else this.dead.delete(record);
    if (state === 'sending') this.sending.add(record);
    else this.sending.delete(record);
  }
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}
