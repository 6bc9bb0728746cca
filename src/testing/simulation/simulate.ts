// One seed from its first event to its verdict: workload with faults, then quiescence, then the last checks.
import { Acks } from './acks.ts';
import { AnswerClients } from './answer-clients.ts';
import { Besides } from './besides.ts';
import { Clients } from './clients.ts';
import type { Counters } from './counters.ts';
import { Deliveries } from './deliveries.ts';
import { DigestClients } from './digest-clients.ts';
import { drawDigests } from './digest-plan.ts';
import { Digests } from './digests.ts';
import { type Disk, diskOfFiles, diskOfMemory } from './disk.ts';
import { Episodes } from './episodes.ts';
import { drawEscalations } from './escalation-plan.ts';
import { Escalations } from './escalations.ts';
import { Groups } from './groups.ts';
import { Holding } from './holding.ts';
import { drawNights } from './nights.ts';
import { OpenAlerts } from './open-alerts.ts';
import { OrderClients } from './order-clients.ts';
import {
  drawGroupRules,
  drawLeveledRules,
  drawLimits,
  drawSeed,
  drawWithoutEnds,
  type SeedPlan,
  tenants,
} from './plan-of-seed.ts';
import { Promotions } from './promotions.ts';
import { Random } from './random.ts';
import { drawReceipts } from './receipt-plan.ts';
import { Receipts } from './receipts.ts';
import { Remembered } from './remembered.ts';
import { SilenceClients } from './silence-clients.ts';
import { drawStorms } from './storm-plan.ts';
import { Storms } from './storms.ts';
import { drawSuppression } from './suppression-plan.ts';
import { Telling } from './telling.ts';
import { Trace } from './trace.ts';
import { Violation } from './violation.ts';
import { Wire } from './wire.ts';
import { World, type Wraps } from './world.ts';

const hour = 3_600_000;
const sweepMs = 120_000;
/** Retries, the longest dedupe window, resolve_wait and group_interval, and a repeat beyond that. */
const quiescenceMs = 40 * 60_000;
/** The longest window is filled again, samples that were late have gone by. */
const calmAfterMs = 15 * 60_000;
/** One seed in so many runs on database files, opened and closed with each process; what they mean is the same. */
const seedsPerFile = 10;

export interface SimulationOptions {
  readonly seed: number;
  readonly hours: number;
  /** An id, an alert key, a group key, or a part of one: the result has everything that mentions it. */
  readonly about?: string;
  readonly wraps?: Wraps;
  /** Changes what the seed drew: a mutant may need a state to be frequent. */
  readonly plan?: (plan: SeedPlan) => SeedPlan;
}

export interface SimulationResult {
  readonly seed: number;
  readonly hours: number;
  readonly steps: number;
  readonly crashes: number;
  readonly deliveries: number;
  readonly accepted: number;
  readonly digest: string;
  readonly counters: Counters;
  readonly violation: Violation | null;
  /** Simulated hours until the violation. */
  readonly foundAfter: number | null;
  readonly lines: readonly string[];
  /** Null: nobody asked. */
  readonly trace: readonly string[] | null;
}

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, hours } = options;
  const drawn = drawSeed(new Random(seed, 1));
  const held = drawSuppression(new Random(seed, 23), drawn.routing);
  const routing = drawDigests(new Random(seed, 31), held.routing);
  const whole: SeedPlan = {
    ...drawn,
    silencesPerHour: held.silencesPerHour,
    ...drawEscalations(new Random(seed, 33), { channels: drawn.channels, routing }),
    rules: [
      ...drawn.rules,
      ...drawGroupRules(new Random(seed, 21)),
      ...drawLeveledRules(new Random(seed, 22)),
    ],
    limits: drawLimits(new Random(seed, 25)),
    ordersPerHour: new Random(seed, 26).pick([0, 1, 5]),
    receipts: drawReceipts(new Random(seed, 28), drawn.channels),
    withoutEnds: drawWithoutEnds(new Random(seed, 36), drawn.channels),
    nights: drawNights(new Random(seed, 37)),
  };
  const stormy = { ...whole, routing: drawStorms(new Random(seed, 35), whole.routing) };
  const plan = options.plan?.(stormy) ?? stormy;
  const disk = seed % seedsPerFile === 0 ? diskOfFiles() : diskOfMemory();
  const world = new World({
    disk,
    random: new Random(seed, 2),
    plan,
    ...(options.wraps === undefined ? {} : { wraps: options.wraps }),
  });
  const episodes = new Episodes(world);
  const acks = new Acks(world);
  const holding = new Holding(world);
  const besides = new Besides(world);
  const telling = new Telling(world, acks, holding, besides);
  const deliveries = new Deliveries(world);
  const receipts = new Receipts(world, new Random(seed, 29));
  const wire = new Wire(world, (id) => telling.mayBeTakenBack(id));
  const remembered = new Remembered(world, holding);
  const groups = new Groups(world);
  const digests = new Digests(world, holding, telling, besides);
  const storms = new Storms(world, besides, telling);
  const openAlerts = new OpenAlerts(world, holding);
  const escalations = new Escalations(world, acks, besides, openAlerts, telling);
  const promotions = new Promotions(world, openAlerts, telling);
  const oracles = { episodes, groups, telling, acks, holding, deliveries, digests };
  const clients = new Clients(world, new Random(seed, 3), oracles);
  const silencers = new SilenceClients(world, new Random(seed, 24), holding);
  const orderers = new OrderClients(world, new Random(seed, 27), acks, clients.acknowledged);
  const flushers = new DigestClients(world, new Random(seed, 32));
  const answerers = new AnswerClients(world, new Random(seed, 34), acks, clients.acknowledged, openAlerts);
  const startedAt = world.clock.now();
  const trace = options.about === undefined ? null : new Trace(world, options.about);
  if (trace) world.journal.onLine = (at, line) => trace.line(at, line);
  world.journal.onEffect = (effect, at) => {
    // The oracle speaks up after the turn, not into the store's caller, which would take it for a failed commit.
    try {
      trace?.onEffect(effect, at);
      besides.onEffect(effect);
      episodes.onEffect(effect, at);
      groups.onEffect(effect, at);
      if (effect.put === 'event') holding.onEvent(effect.row);
      digests.onEffect(effect, at);
      telling.onEffect(effect, at);
      storms.onEffect(effect, at);
      escalations.onEffect(effect, at);
      promotions.onEffect(effect);
      deliveries.onEffect(effect);
      receipts.onEffect(effect);
    } catch (error) {
      world.fail(error);
    }
  };
  const guard =
    <A extends readonly unknown[]>(work: (...args: A) => void) =>
    (...args: A) => {
      try {
        work(...args);
      } catch (error) {
        world.fail(error);
      }
    };
  world.watcher = {
    disturbed: guard((killed) => episodes.disturbed(killed)),
    flushed: guard((declared, blocks) => episodes.flushed(declared, blocks)),
    started: guard(() => episodes.started()),
    stepped: guard(() => remembered.stepped()),
    sendStarted: guard((id, message) => {
      deliveries.sendStarted(id);
      wire.sendStarted(id, message);
      receipts.sendStarted(id);
      answerers.sendStarted(id);
    }),
    took: guard((message) => receipts.took(message)),
    failed: guard((id) => deliveries.failed(id)),
    askedForPatience: guard((id, until) => deliveries.askedForPatience(id, until)),
    accepted: guard((accepted) => wire.accepted(accepted)),
  };
  const sweep = () => {
    episodes.sweep();
    telling.sweep();
    digests.sweep();
    storms.sweep();
    escalations.sweep();
    if (world.calm) deliveries.sweep(world.clock.now());
  };
  let violation: Violation | null = null;
  try {
    world.start();
    clients.start();
    silencers.start();
    orderers.start();
    flushers.start();
    answerers.start();
    escalations.start();
    promotions.start();
    const until = startedAt + hours * hour;
    for (let at = startedAt + sweepMs; at < until; at += sweepMs) {
      await world.run(at);
      sweep();
    }
    await world.run(until);
    clients.stop();
    silencers.stop();
    orderers.stop();
    flushers.stop();
    answerers.stop();
    world.heal();
    for (let at = until + sweepMs; at <= until + quiescenceMs; at += sweepMs) {
      await world.run(at);
      sweep();
      if (at >= until + calmAfterMs) groups.sweepCalm();
    }
    clients.checkTokens();
    telling.checkResolves(world.clock.now());
    escalations.checkEnds();
    await atRest(world, deliveries);
    world.close();
    checkDisk(world, clients, disk);
    silencers.checkDisk(disk);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error;
    trace?.end();
    world.journal.log(world.clock.now(), `VIOLATION ${error.message}`);
  } finally {
    world.close();
    disk.remove();
  }
  return {
    seed,
    hours,
    steps: world.steps,
    crashes: world.crashes,
    deliveries: world.journal.deliveries.size,
    accepted: world.journal.accepted.length,
    digest: world.journal.digest(),
    counters: world.counters,
    violation,
    foundAfter: violation === null ? null : (violation.at - startedAt) / hour,
    lines: world.journal.lines,
    trace: trace?.lines ?? null,
  };
}

/** Of a channel with few calls this much is on its way at any time; what is older has waited in a queue. */
const onTheWayMs = 10 * 60_000;

/**
 * With nothing failing, whatever was open has ended. Where a provider grants few calls that takes as long as its backlog:
 * messages of one group go out one after the other; but nothing waits for ever.
 */
async function atRest(world: World, deliveries: Deliveries): Promise<void> {
  const limited = world.plan.limits.length > 0;
  const deadline = world.clock.now() + (limited ? 180 : 10) * 60_000;
  const waiting = () => (limited ? deliveries.openSince(world.clock.now() - onTheWayMs) : deliveries.open);
  while (waiting() > 0 && world.clock.now() < deadline) {
    await world.run(world.clock.now() + 1_000);
  }
  const now = world.clock.now();
  if (waiting() > 0)
    throw new Violation(
      'I14',
      `${deliveries.open} deliveries are open after quiescence: ${deliveries.openLines.join('; ')}`,
      now,
    );
  if (!world.runtime?.engine.running) throw new Violation('I14', 'nothing runs after quiescence', now);
  const remembered = [...world.runtime.engine.tenants].reduce((sum, { policy }) => sum + policy.open, 0);
  if (remembered !== deliveries.open)
    throw new Violation(
      'I14',
      `${remembered} deliveries are remembered as open, ${deliveries.open} are`,
      now,
    );
}

/** The file says what was answered and what was committed. */
function checkDisk(world: World, clients: Clients, disk: Disk): void {
  const store = disk.openStore(world.newId);
  const now = world.clock.now();
  const broken = (message: string): never => {
    throw new Violation('I6', message, now);
  };
  try {
    for (const { tenant, id, what } of clients.acknowledged) {
      const row = store.alert(tenant, id);
      if (row === null) broken(`${what} of ${id} was answered and is not stored`);
      else if (what === 'acknowledge' && row.ackedAt === null)
        broken(`the acknowledgement of ${id} is not stored`);
      else if (what === 'resolve' && row.state !== 'resolved') broken(`the resolve of ${id} is not stored`);
    }
    for (const { tenant, id, what } of clients.letters) {
      const row = store.delivery(tenant, id);
      const { items } = store.events(tenant, { kind: 'delivery', id }, 500, null);
      const kind = what === 'retry' ? 'delivery.requeued' : 'delivery.discarded';
      if (row === null || !items.some((event) => event.kind === kind))
        broken(`${what} of ${id} was answered and is not stored`);
      else if (what === 'discard' && row.reason !== 'discarded')
        broken(`${id} was discarded and is ${row.state}`);
    }
    for (const { row } of world.journal.alerts.values()) {
      const stored = store.alert(row.tenant, row.id);
      const text = (r: typeof row | null) =>
        r &&
        [r.state, r.pendingSince, r.firedAt, r.resolvedAt, r.ackedAt, r.resolveReason, r.version].join(' ');
      if (text(stored) !== text(row))
        broken(`alert ${row.id} is ${text(stored)}, committed was ${text(row)}`);
    }
    for (const tenant of tenants) {
      let cursor: string | null = null;
      do {
        const page = store.deliveries(tenant, {}, 500, cursor);
        for (const row of page.items) {
          const known = world.journal.deliveries.get(row.id)?.row;
          if (known?.state !== row.state)
            broken(`delivery ${row.id} is ${row.state}, committed was ${known?.state}`);
        }
        cursor = page.next;
      } while (cursor !== null);
    }
  } finally {
    disk.letGo();
  }
}
