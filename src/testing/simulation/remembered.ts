// After every step: what groups have said is stored, and nobody who is to hear of a firing alert is forgotten. Either the group comes back to it by a timer that
// is really set, or it was told and somebody has it, or something holds it back that lives and whose end wakes the group.

import type { Tenant } from '../../engine/tenant.ts';
import { type GroupRow, saysFiring } from '../../pipeline/rows.ts';
import type { Group } from '../../pipeline/state.ts';
import type { Holding } from './holding.ts';
import { type InvariantId, Violation } from './violation.ts';
import type { World } from './world.ts';

export class Remembered {
  readonly #world: World;
  readonly #holding: Holding;
  #turns = 0;
  #generation: unknown = null;
  /** By a notify log in memory: the stored one that was found to say the same, and when both had sent last. */
  readonly #same = new WeakMap<GroupRow['notified'], Pick<GroupRow, 'notified' | 'lastSentAt'>>();

  constructor(world: World, holding: Holding) {
    this.#world = world;
    this.#holding = holding;
  }

  /** Looks only where a turn has run since: nothing else changes what is remembered. */
  stepped(): void {
    const engine = this.#world.runtime?.engine;
    if (!engine?.running || (this.#generation === engine && this.#turns === engine.counts.turns)) return;
    this.#generation = engine;
    this.#turns = engine.counts.turns;
    for (const tenant of engine.tenants) {
      for (const group of tenant.pipeline.groups.values()) this.#checkStored(group);
      for (const { id, state, kind, key } of tenant.pipeline.alerts.values()) {
        if (kind !== 'alert' || state !== 'firing') continue;
        const keys = tenant.pipeline.memberOf.get(id) ?? [];
        if (keys.length === 0) this.#broken('I1', `${id} (${key}) fires and is in no group`);
        for (const groupKey of keys) {
          const group = tenant.pipeline.groups.get(groupKey);
          if (!group) this.#broken('I1', `${id} (${key}) fires and its group ${groupKey} is gone`);
          else if (engine.looksAt(tenant, group) === null) this.#checkAsleep(tenant, group, id, key);
        }
      }
    }
  }

  /** A notify log is replaced when it changes, never written into. */
  #checkStored({ row }: Group): void {
    const stored = this.#world.journal.groups.get(row.id);
    if (stored !== undefined && stored.lastSentAt === row.lastSentAt) {
      if (stored.notified === row.notified) return;
      // What was read from the database is another object than what was committed: compared once, not after each turn.
      const same = this.#same.get(row.notified);
      if (same?.notified === stored.notified && same.lastSentAt === row.lastSentAt) return;
    }
    const said = ({ notified, lastSentAt }: GroupRow) =>
      JSON.stringify([
        lastSentAt,
        Object.entries(notified)
          .map(([id, entry]) => [id, Object.entries(entry).sort()])
          .sort(),
      ]);
    const [is, was] = [said(row), stored ? said(stored) : 'nothing'];
    if (is !== was) this.#broken('I6', `${row.groupKey} remembers ${is}, stored is ${was}`);
    if (stored) this.#same.set(row.notified, { notified: stored.notified, lastSentAt: stored.lastSentAt });
  }

  #checkAsleep(tenant: Tenant, group: Group, id: string, key: string): void {
    const { journal, clock } = this.#world;
    const where = `${id} (${key}) in ${group.row.groupKey}`;
    if (group.row.nextAt !== null)
      this.#broken('I1', `${where}: due at ${group.row.nextAt} and no timer is set`);
    const row = journal.alerts.get(id)?.row;
    const told = (journal.notificationsOf.get(id) ?? []).some(
      (n) => n.receiver === group.row.receiver && n.reason !== 'escalation_step' && saysFiring(n.alerts[id]),
    );
    const acknowledged = row !== undefined && row.ackedAt !== null && row.ackUntil === null;
    if (told && acknowledged) return;
    const now = clock.now();
    const hold =
      row && this.#holding.of(id, row.tenant, { ...row.labels, severity: row.effectiveSeverity }, now);
    if (hold?.by) {
      const wakes = [...tenant.pipeline.heldBy].some(
        ([by, keys]) => keys.has(group.row.groupKey) && this.#holding.lives(by, now),
      );
      if (!wakes) this.#broken('I1', `${where} is ${hold.by} and no end of that wakes its group`);
      return;
    }
    this.#broken(
      'I1',
      told
        ? `${where} was told, is not acknowledged for good, and is not said again`
        : `${where} was not told, is not held back, and nothing comes back to it`,
    );
  }

  #broken(id: InvariantId, message: string): never {
    throw new Violation(id, message, this.#world.clock.now());
  }
}
