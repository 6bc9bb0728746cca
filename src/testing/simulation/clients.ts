// The workload of a seed: who pushes samples, posts events, acknowledges and resolves, and who edits rules and routes.
// A client that got no answer asks again with the same body and the same Idempotency-Key until it has one.
import { labelSet } from '../../../rules/labels.ts';
import type { ThresholdRule } from '../../../rules/types.ts';
import type { Answer, Idempotency, IncomingEvent, Services } from '../../services.ts';
import type { Acks } from './acks.ts';
import type { Deliveries } from './deliveries.ts';
import type { Digests } from './digests.ts';
import type { Episodes, PushedSample } from './episodes.ts';
import { escalatedBy } from './escalation-plan.ts';
import type { Groups } from './groups.ts';
import type { Holding } from './holding.ts';
import { drawRouting, drawRule, hashed, type SeriesPlan, tenants } from './plan-of-seed.ts';
import type { Random } from './random.ts';
import type { Telling } from './telling.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

const housekeepingMs = 2_400_000;
/** How long a tenant's agent collects samples before it pushes them; 0: it pushes what it has just read. */
const collectMs = [0, 5_000, 10_000, 15_000];
const actor = { name: 'key:simulation' };

interface Source {
  readonly plan: SeriesPlan;
  nextAt: number;
  changeAt: number;
  lastT: number;
  level: number;
  silentUntil: number;
}

/** Says what makes two events the same: the key that they bring, else what they are about. */
function sameEvent({ type, dedupKey, labels, message }: IncomingEvent): string {
  return dedupKey === undefined || dedupKey === null
    ? `${type} ${JSON.stringify(labels)} ${message}`
    : `key ${dedupKey}`;
}

/** What hears of every answer. */
export interface Oracles {
  readonly episodes: Episodes;
  readonly groups: Groups;
  readonly telling: Telling;
  readonly acks: Acks;
  readonly holding: Holding;
  readonly deliveries: Deliveries;
  readonly digests: Digests;
}

export class Clients {
  readonly #world: World;
  readonly #random: Random;
  readonly #episodes: Episodes;
  readonly #groups: Groups;
  readonly #telling: Telling;
  readonly #acks: Acks;
  readonly #holding: Holding;
  readonly #deliveries: Deliveries;
  readonly #digests: Digests;
  #stopped = false;
  #keys = 0;
  /** What was answered with 2xx, by tenant and alert id, for the check of durability. */
  readonly acknowledged: { tenant: string; id: string; what: 'event' | 'acknowledge' | 'resolve' }[] = [];
  readonly letters: { tenant: string; id: string; what: 'retry' | 'discard' }[] = [];
  /** What each event's answer said, by the token that it carries. */
  readonly #tokens = new Map<string, { readonly id: string; readonly same: string }>();

  constructor(world: World, random: Random, oracles: Oracles) {
    this.#world = world;
    this.#random = random;
    this.#episodes = oracles.episodes;
    this.#groups = oracles.groups;
    this.#telling = oracles.telling;
    this.#acks = oracles.acks;
    this.#holding = oracles.holding;
    this.#deliveries = oracles.deliveries;
    this.#digests = oracles.digests;
  }

  start(): void {
    for (const tenant of tenants) {
      this.#forever(() => this.#pushing(tenant));
      this.#forever(() => this.#events(tenant));
      this.#forever(() => this.#commands(tenant));
      this.#forever(() => this.#letters(tenant));
    }
    this.#forever(() => this.#ruleEditor());
    this.#forever(() => this.#routeEditor());
    this.#forever(() => this.#outages());
    this.#forever(() => this.#logins());
    this.#forever(() => this.#housekeeping());
  }

  /** No new requests but samples: series go on, so that what fires is known to fire. */
  stop(): void {
    this.#stopped = true;
  }

  #forever(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#world.fail(error));
  }

  // -- samples --------------------------------------------------------------------------------------------------

  async #pushing(tenant: string): Promise<void> {
    const { clock, plan } = this.#world;
    const random = this.#random;
    const sources: Source[] = plan.series
      .filter((s) => s.tenant === tenant)
      .map((s) => ({
        plan: s,
        nextAt: clock.now() + random.int(0, s.everyMs),
        changeAt: clock.now() + random.around(s.changeMs),
        lastT: 0,
        level: random.int(10, 60),
        silentUntil: 0,
      }));
    let waiting: PushedSample[] = [];
    const everyMs = random.pick(collectMs);
    let pushAt = clock.now();
    for (;;) {
      const next = Math.min(...sources.map((s) => s.nextAt));
      await this.#world.sleep(Math.max(1, next - clock.now()) + random.int(0, 2_000));
      for (const source of sources) this.#sample(source, waiting);
      if (clock.now() < pushAt) continue;
      pushAt = clock.now() + everyMs;
      while (waiting.length > 0) {
        const batch = waiting.slice(0, random.chance(0.3) ? random.int(1, waiting.length) : waiting.length);
        waiting = waiting.slice(batch.length);
        await this.#push(tenant, batch);
      }
    }
  }

  #sample(source: Source, into: PushedSample[]): void {
    const random = this.#random;
    const now = this.#world.clock.now();
    const { plan } = source;
    if (now < source.nextAt) return;
    source.nextAt = now + Math.max(1_000, plan.everyMs + random.int(-500, 500));
    if (now >= source.changeAt && !this.#stopped) {
      source.changeAt = now + this.#world.nights.stretched(now, random.around(plan.changeMs));
      source.level = random.pick([random.int(10, 60), random.int(66, 79), random.int(81, 100)]);
      if (plan.behaviour === 'steady') source.level = random.chance(0.7) ? 30 : 95;
      if (plan.behaviour === 'silent' && random.chance(0.5))
        source.silentUntil = now + random.around(400_000);
    }
    if (now < source.silentUntil) return;
    const wild = plan.behaviour === 'wild' && !this.#stopped && !this.#world.nights.isNight(now);
    const value = wild ? random.int(40, 100) : source.level;
    let timestamp = Math.max(now - random.int(0, 300), source.lastT + 1);
    // A source that was silent for most of an hour has nothing late to say: such a sample is refused as too old.
    if (source.lastT > now - 3_000_000 && random.chance(this.#world.plan.lateShare)) {
      timestamp = random.chance(0.3) ? source.lastT : source.lastT - random.int(1, 120_000);
    }
    source.lastT = Math.max(source.lastT, timestamp);
    into.push({ metric: plan.metric, labels: plan.labels, timestamp, value });
  }

  async #push(tenant: string, batch: readonly PushedSample[]): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      if (attempt > 0) {
        this.#world.counters.hit('client retried');
        await this.#world.sleep(this.#random.int(200, 5_000));
      }
      this.#episodes.pushing(tenant);
      const raw = batch.map((sample, index) => ({ index, ...sample }));
      const outcome = await this.#world.request((services) => services.push(tenant, raw, []));
      if (outcome.kind === 'ok') {
        if (outcome.value.rejectedCount > 0)
          throw new Violation(
            'I6',
            `good samples were rejected: ${JSON.stringify(outcome.value.rejected)}`,
            this.#world.clock.now(),
          );
        this.#episodes.pushed(tenant, batch);
        this.#groups.pushed(tenant, batch);
        return;
      }
      if (outcome.kind === 'error' && outcome.error.status < 500 && outcome.error.status !== 429)
        throw outcome.error;
    }
  }

  // -- events and commands --------------------------------------------------------------------------------------

  async #events(tenant: string): Promise<void> {
    const random = this.#random;
    for (;;) {
      await this.#world.sleepByDay(random.around(3_600_000 / this.#world.plan.eventsPerHour));
      if (this.#stopped) return;
      const burst = random.chance(0.3) ? random.int(2, 4) : 1;
      const type = random.pick(['deploy', 'login', 'backup']);
      for (let i = 0; i < burst; i++) {
        const token = `token-${++this.#keys}`;
        const event: IncomingEvent = {
          type,
          severity: random.pick(['info', 'high', 'critical'] as const),
          category: 'business',
          message: `${type} happened`,
          impact: token,
          labels: labelSet(random.chance(0.5) ? { host: 'h0' } : {}),
          recipients: [],
          ...(random.chance(0.5) ? { dedupKey: `${type}-key` } : {}),
        };
        const key = { scope: 'events', key: token, bodyHash: `hash-${token}` };
        const answer = await this.#ask(
          (s, idempotency) => s.postEvent(tenant, event, actor, idempotency),
          key,
        );
        if (answer.status !== 202)
          throw new Violation('I6', `an event got ${answer.status}`, this.#world.clock.now());
        const id = (answer.body as { id: string }).id;
        this.#tokens.set(token, { id, same: sameEvent(event) });
        this.acknowledged.push({ tenant, id, what: 'event' });
        await this.#replay((s, idempotency) => s.postEvent(tenant, event, actor, idempotency), key, answer);
        await this.#world.sleep(random.int(1, 20_000));
      }
    }
  }

  async #commands(tenant: string): Promise<void> {
    const random = this.#random;
    const { journal, clock } = this.#world;
    for (;;) {
      await this.#world.sleepByDay(random.around(3_600_000 / this.#world.plan.commandsPerHour));
      if (this.#stopped) return;
      const firing = [...journal.firing].filter(({ row }) => row.tenant === tenant);
      if (firing.length === 0) continue;
      const { id } = random.pick(firing).row;
      if (this.#acks.asksFor(id)) continue;
      const what = random.chance(0.7) ? 'acknowledge' : 'resolve';
      const until = random.chance(0.5) ? clock.now() + random.int(60_000, 3_600_000) : null;
      const name = `command-${++this.#keys}`;
      const key = { scope: what, key: name, bodyHash: `hash-${name}` };
      const command = (s: Services, idempotency: Idempotency) =>
        what === 'acknowledge'
          ? s.acknowledge(tenant, id, { until, note: null }, actor, idempotency)
          : s.resolve(tenant, id, { note: 'enough' }, actor, idempotency);
      const answered = this.#acks.acknowledging(id);
      const answer = await this.#ask(command, key);
      answered();
      if (answer.status === 200) {
        this.acknowledged.push({ tenant, id, what });
        if (what === 'acknowledge') this.#acks.acknowledged(id, until);
      }
      if (answer.status !== 200 && answer.status !== 409)
        throw new Violation('I6', `${what} of ${id} got ${answer.status}`, clock.now());
      await this.#replay(command, key, answer);
    }
  }

  /** Somebody looks through the dead letters: sends some again, one or all at once, and puts others away. */
  async #letters(tenant: string): Promise<void> {
    const random = this.#random;
    const { journal, clock, counters } = this.#world;
    for (;;) {
      await this.#world.sleepByDay(random.around(3_600_000 / this.#world.plan.lettersPerHour));
      if (this.#stopped) return;
      const dead = [...journal.dead].filter(({ row }) => row.tenant === tenant);
      if (dead.length === 0) continue;
      const { id, channel } = random.pick(dead).row;
      const what = random.pick(['retry', 'retry', 'discard', 'retry_all'] as const);
      const name = `letter-${++this.#keys}`;
      const key = { scope: what, key: name, bodyHash: `hash-${name}` };
      const command = (s: Services, idempotency: Idempotency) => {
        if (what === 'retry') return s.retryDelivery(tenant, id, actor, idempotency);
        if (what === 'discard') return s.discardDelivery(tenant, id, { note: name }, actor, idempotency);
        return s.retryDeliveries(tenant, { filter: { channel }, limit: 5 }, actor, idempotency);
      };
      const answered = this.#deliveries.letterAsked(
        what === 'retry_all' ? { tenant, channel } : { tenant, id },
      );
      const answer = await this.#ask(command, key);
      answered();
      if (answer.status !== 200 && answer.status !== 409)
        throw new Violation('I6', `${what} of ${id} got ${answer.status}`, clock.now());
      const superseded = (answer.body as { error?: { code: string } }).error?.code === 'delivery_superseded';
      if (superseded) counters.hit('dead letter superseded');
      if (answer.status === 200) {
        if (what === 'retry_all') counters.hit('dead letters retried at once');
        else this.letters.push({ tenant, id, what });
      }
      await this.#replay(command, key, answer);
    }
  }

  async #ask(
    command: (services: Services, idempotency: Idempotency) => Promise<Answer>,
    key: Idempotency,
  ): Promise<Answer> {
    for (let attempt = 0; ; attempt++) {
      if (attempt > 0) {
        this.#world.counters.hit('client retried');
        await this.#world.sleep(this.#random.int(200, 5_000));
      }
      const outcome = await this.#world.request((services) => command(services, key));
      if (outcome.kind === 'ok') return outcome.value;
      if (outcome.kind === 'error' && outcome.error.status < 500 && outcome.error.status !== 429)
        throw outcome.error;
    }
  }

  /** The same key again: the same answer; with another body: a conflict. */
  async #replay(
    command: (services: Services, idempotency: Idempotency) => Promise<Answer>,
    key: Idempotency,
    first: Answer,
  ): Promise<void> {
    if (!this.#random.chance(0.3)) return;
    await this.#world.sleep(this.#random.int(1, 600_000));
    const again = await this.#ask(command, key);
    this.#world.counters.hit('idempotent replay');
    if (JSON.stringify(again) !== JSON.stringify(first))
      throw new Violation(
        'I7',
        `${key.scope} ${key.key}: ${JSON.stringify(again).slice(0, 300)} instead of ${JSON.stringify(first).slice(0, 300)}`,
        this.#world.clock.now(),
      );
    const other = await this.#world.request((s) => command(s, { ...key, bodyHash: 'another body' }));
    if (other.kind === 'ok')
      throw new Violation('I7', `${key.key} took another body`, this.#world.clock.now());
    if (other.kind === 'error' && other.error.code === 'idempotency_conflict')
      this.#world.counters.hit('idempotency conflict');
  }

  /** One event row for each token, the one that was answered. */
  checkTokens(): void {
    const rows = new Map<string, string>();
    for (const { row } of this.#world.journal.alerts.values()) {
      const token = row.kind === 'event' ? row.annotations.impact : undefined;
      if (token === undefined) continue;
      const known = rows.get(token);
      if (known !== undefined)
        throw new Violation(
          'I7',
          `${token} made two events: ${known} and ${row.id}`,
          this.#world.clock.now(),
        );
      rows.set(token, row.id);
    }
    const sameOfKey = new Map<string, string>();
    for (const [token, { id, same }] of this.#tokens) {
      if (rows.get(token) !== id)
        throw new Violation(
          'I6',
          `event ${id} of ${token} was answered and is not stored`,
          this.#world.clock.now(),
        );
      const { tenant, key } = this.#world.journal.alerts.get(id)!.row;
      const other = sameOfKey.get(`${tenant} ${key}`);
      if (other !== undefined && other !== same)
        throw new Violation('I11', `${same} and ${other} are one event, ${key}`, this.#world.clock.now());
      sameOfKey.set(`${tenant} ${key}`, same);
    }
  }

  // -- the operator ---------------------------------------------------------------------------------------------

  async #ruleEditor(): Promise<void> {
    const random = this.#random;
    const { plan } = this.#world;
    if (plan.ruleChangesPerHour === 0) return;
    const removed: ThresholdRule[] = [];
    // Names are unique per tenant; a file with two of one name is refused before it gets here.
    const taken = (rules: readonly ThresholdRule[], tenant: string, name: string) =>
      rules.some((r) => r.name === name && r.tenant === tenant);
    for (;;) {
      await this.#world.sleepByDay(random.around(3_600_000 / plan.ruleChangesPerHour));
      if (this.#stopped) return;
      const rules = [...this.#world.rules];
      const i = random.int(0, rules.length - 1);
      const rule = rules[i]!;
      const choice = random.next();
      if (choice < 0.3 && rules.length > 3) removed.push(...rules.splice(i, 1));
      else if (choice < 0.5 && removed.length > 0) {
        const back = removed.pop()!;
        if (!taken(rules, back.tenant, back.name)) rules.push(back);
      } else if (choice < 0.6) {
        const no = 10 + random.int(0, 99);
        if (!taken(rules, rule.tenant, `R${no}`)) rules.push(drawRule(random, rule.tenant, no));
      } else {
        this.#world.counters.hit('rule edited');
        const forMs = random.pick([0, 10_000, 60_000]);
        const keepFiringForMs = random.pick([0, 60_000]);
        const by = random.pick([-1, 1]);
        const threshold = rule.threshold + by;
        // The value at which it ends stays on its side of the one at which it begins.
        const ends =
          rule.resolveThreshold === undefined ? {} : { resolveThreshold: rule.resolveThreshold + by };
        rules[i] = hashed({
          ...{ ...rule, forMs, keepFiringForMs },
          ...(rule.levels ? {} : { threshold, ...ends }),
        });
      }
      this.#world.rules = rules;
      this.#telling.rulesAt = this.#world.clock.now();
      this.#groups.rulesAt = this.#world.clock.now();
      this.#world.runtime?.setRules(rules);
      this.#episodes.rulesChanged(rules);
      this.#world.journal.log(this.#world.clock.now(), `rules are ${rules.map((r) => r.name).join(' ')}`);
    }
  }

  async #routeEditor(): Promise<void> {
    const random = this.#random;
    const { plan } = this.#world;
    if (plan.routeChangesPerHour === 0) return;
    for (;;) {
      await this.#world.sleepByDay(random.around(3_600_000 / plan.routeChangesPerHour));
      if (this.#stopped) return;
      this.#world.counters.hit('route changed');
      const groups = new Set(
        [...this.#world.journal.groups.values()].map((g) => `${g.receiver} ${JSON.stringify(g.labels)}`),
      );
      this.#telling.routedAt = this.#world.clock.now();
      // Every other tree comes without rules of inhibition: what they held back is told then.
      const { receivers, inhibit = [], remindBeforeMs = null, timeZone, escalations, storm } = plan.routing;
      const rules = this.#world.routing.inhibit?.length === 0 ? inhibit : [];
      const kept = {
        ...{ inhibit: rules, remindBeforeMs },
        ...(storm && { storm }),
        ...(timeZone !== undefined && { timeZone }),
        ...(escalations !== undefined && { escalations }),
      };
      const drawn = drawRouting(random, receivers);
      const next = { ...drawn, route: escalatedBy(plan.escalation.ofPath, drawn.route), ...kept };
      this.#digests.routed(next);
      this.#world.setRouting(next);
      this.#holding.routed(this.#world.clock.now());
      this.#world.journal.log(this.#world.clock.now(), 'routing changed');
      await this.#world.sleep(1);
      const now = [...this.#world.journal.groups.values()];
      if (
        now.some(
          (g) =>
            groups.has(`${g.receiver} ${JSON.stringify(g.labels)}`) && g.openedAt >= this.#telling.routedAt,
        )
      )
        this.#world.counters.hit('group handed over');
    }
  }

  async #housekeeping(): Promise<void> {
    for (;;) {
      await this.#world.sleep(housekeepingMs);
      this.#world.housekeep();
    }
  }

  async #outages(): Promise<void> {
    const { plan, clock, providers } = this.#world;
    const random = this.#random;
    const { outagesPerHour, longestOutageMs } = plan.faults;
    if (outagesPerHour === 0) return;
    for (;;) {
      await this.#world.sleep(random.around(3_600_000 / outagesPerHour));
      if (this.#stopped) return;
      random.pick(providers).breakUntil(clock.now() + random.int(1_000, longestOutageMs));
    }
  }

  async #logins(): Promise<void> {
    const { plan, clock, providers } = this.#world;
    const random = this.#random;
    const { loginsRefusedPerHour } = plan.faults;
    if (loginsRefusedPerHour === 0) return;
    for (;;) {
      await this.#world.sleep(random.around(3_600_000 / loginsRefusedPerHour));
      if (this.#stopped) return;
      random.pick(providers).refuseLoginUntil(clock.now() + random.int(1_000, 900_000));
    }
  }
}
