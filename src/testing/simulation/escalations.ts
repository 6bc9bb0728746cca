// The oracle of escalation, from its documentation alone. What is told to fire is escalated as its route or receiver says:
// each step once and in its turn, not before its delay and not long after it, of what nobody holds; and whoever a step
// told hears of the end. It counts the delay itself, by looking every few seconds whether somebody holds all of it.
import type { AlertMessage } from '../../../channels/message.ts';
import { type Severity, severities } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { EscalationPolicy, EscalationStep } from '../../pipeline/escalation.ts';
import {
  type AlertRow,
  type EventRow,
  type GroupRow,
  type NotificationRow,
  saysFiring,
} from '../../pipeline/rows.ts';
import { formatTarget } from '../../pipeline/target.ts';
import type { Acks } from './acks.ts';
import type { Besides } from './besides.ts';
import { EndedElsewhere } from './ended-elsewhere.ts';
import { isOddQuarter, policyFor } from './escalation-plan.ts';
import { EscalationRuns, isOver, placeOf, type Run } from './escalation-runs.ts';
import { LastWords } from './last-words.ts';
import { LeftOutSteps } from './left-out-steps.ts';
import { isHeld, type Member, type OpenAlerts } from './open-alerts.ts';
import { routeAt } from './routes.ts';
import { StepEnds } from './step-ends.ts';
import type { Telling } from './telling.ts';
import { type InvariantId, Violation } from './violation.ts';
import type { World } from './world.ts';

const slackMs = 15_000;
/** How often it looks. Between two looks it does not know, and counts for the program. */
const lookEveryMs = 5_000;
/** After the tree has changed groups go, come, and are handed over. */
const settledAfterMs = 600_000;

/** A step that was decided, until its notification comes in the same commit. */
interface Decided {
  readonly run: Run;
  readonly step: EscalationStep;
}

export class Escalations {
  readonly #world: World;
  readonly #acks: Acks;
  readonly #besides: Besides;
  readonly #alerts: OpenAlerts;
  readonly #telling: Telling;
  readonly #runs: EscalationRuns;
  readonly #ends: StepEnds;
  readonly #words: LastWords;
  readonly #leftOut: LeftOutSteps;
  readonly #elsewhere: EndedElsewhere;
  readonly #decided = new Map<string, Decided>();
  readonly #unchecked: { readonly row: NotificationRow; readonly channels: readonly string[] }[] = [];
  /** Group → when its escalation began last. */
  readonly #armedAt = new Map<string, number>();

  constructor(world: World, acks: Acks, besides: Besides, alerts: OpenAlerts, telling: Telling) {
    this.#world = world;
    this.#acks = acks;
    this.#besides = besides;
    this.#ends = new StepEnds(world, besides);
    this.#runs = new EscalationRuns(world, (from, heir) => this.#ends.handOver(from, heir));
    this.#words = new LastWords(world, besides);
    this.#alerts = alerts;
    this.#telling = telling;
    this.#leftOut = new LeftOutSteps(world, (groupId, at) => this.#worstOpen(groupId, at));
    this.#elsewhere = new EndedElsewhere(world, this.#runs, alerts, (groupId) => this.#policyOf(groupId));
  }

  start(): void {
    if (this.#world.routing.escalations === undefined) return;
    const { clock } = this.#world;
    const look = () => {
      this.#look();
      clock.at(clock.now() + lookEveryMs, look);
    };
    clock.at(clock.now() + lookEveryMs, look);
  }

  onEffect(effect: Effect, at: number): void {
    if (this.#world.routing.escalations === undefined) return;
    this.#words.onEffect(effect);
    if (effect.put === 'event') {
      this.#elsewhere.onEvent(effect.row);
      this.#happened(effect.row);
    } else if (effect.put === 'notification') this.#said(effect.row, at);
    else if (effect.put === 'group') {
      this.#ends.passedOn(effect.row);
      this.#runs.stored(effect.row);
    } else if (effect.put === 'group.closed') this.#runs.closed(effect.id);
  }

  sweep(): void {
    const { journal } = this.#world;
    for (const { row, channels } of this.#unchecked) {
      const made = (journal.deliveriesOf.get(row.id) ?? []).map((d) => d.row.recipient).sort();
      const asked = [...channels].sort();
      if (made.join() !== asked.join())
        this.#broken('I9', `${row.id} is for ${asked.join(', ')}, and has deliveries to ${made.join(', ')}`);
    }
    this.#unchecked.length = 0;
    this.#leftOut.sweep();
    this.#ends.sweep();
    for (const { groupId } of this.#runs.orphans())
      this.#broken('I9', `${groupId} is closed, and its escalation is not over`);
  }

  /** After quiescence. */
  checkEnds(): void {
    this.#ends.checkAll();
  }

  // -- what happens ---------------------------------------------------------------------------------------------

  #happened({ kind, subjectId, reason, at, body }: EventRow): void {
    const { counters } = this.#world;
    switch (kind) {
      case 'escalation.armed':
        this.#armed(subjectId, at, String(body.policy));
        return;
      case 'escalation.step': {
        const run = this.#turn(subjectId, at, body);
        const step = run.policy.steps[run.next]!;
        const to = step.to.map(formatTarget).join();
        if (String(body.to) !== to)
          this.#broken('I9', `step ${run.next + 1} of ${subjectId} goes to ${body.to}`);
        this.#decided.set(String(body.notificationId), { run, step });
        this.#went(run, at);
        return;
      }
      case 'escalation.skipped': {
        counters.hit('escalation step left out');
        const run = this.#turn(subjectId, at, body);
        this.#leftOut.leftOut(run, reason, at, this.#unsettled(subjectId, at));
        this.#went(run, at);
        return;
      }
      case 'escalation.paused': {
        const run = this.#live(subjectId, 'is paused');
        run.pausedBy = reason;
        run.pausedAt = at;
        // What is left of a step that was due is nothing, and no further round is paid for by how long that was.
        run.openMs = Math.min(run.openMs, run.policy.steps[run.next]!.afterMs);
        counters.hit(
          reason === 'acknowledged' ? 'escalation paused by an acknowledgement' : 'escalation held back',
        );
        return;
      }
      case 'escalation.resumed': {
        const run = this.#live(subjectId, 'goes on');
        if (run.pausedBy === 'acknowledged') counters.hit('escalation went on after an acknowledgement');
        run.pausedBy = null;
        return;
      }
      case 'escalation.ended':
        this.#ended(subjectId, reason, at);
        return;
      default:
    }
  }

  #armed(groupId: string, at: number, name: string): void {
    const { counters, journal } = this.#world;
    const group = journal.groups.get(groupId);
    const policy = this.#policyOf(groupId);
    const before = this.#runs.before(groupId);
    if (before && !isOver(before)) this.#broken('I9', `${groupId} is escalated anew and was not over`);
    if (policy?.name !== name || group === undefined)
      this.#broken('I9', `${groupId} is escalated by ${name}, and ought to be by ${policy?.name}`);
    counters.hit('escalation armed');
    if (before) counters.hit('escalation armed anew');
    this.#armedAt.set(groupId, at);
    this.#runs.begin({
      ...{ tenant: group.tenant, groupId, place: placeOf(group), policy, startedAt: at, round: 1, next: 0 },
      ...{ earliest: at + policy.steps[0]!.afterMs, openMs: 0, ripeAt: null },
      ...{ seenAt: at, seen: 'other', pausedBy: null, pausedAt: 0, overAt: 0, exhausted: false },
    });
  }

  /** The escalation whose next step this is. */
  #turn(groupId: string, at: number, body: EventRow['body']): Run {
    const run = this.#live(groupId, `takes step ${body.step}`);
    const [step, round] = [Number(body.step), Number(body.round)];
    const where = `step ${step} of round ${round} of ${groupId} (${run.policy.name}, since ${run.startedAt})`;
    if (body.policy !== run.policy.name || body.since !== run.startedAt)
      this.#broken('I9', `${where} is of ${body.policy} since ${body.since}`);
    const [is, next] = [round * 1_000 + step, run.round * 1_000 + run.next + 1];
    if (is < next) this.#broken('I9', `${where} is taken again`);
    if (is > next) this.#broken('I9', `${where} comes before step ${run.next + 1} of round ${run.round}`);
    if (at < run.earliest) this.#broken('I9', `${where} is taken at ${at}, and is due at ${run.earliest}`);
    if (!this.#runs.wasTold(groupId)) this.#broken('I9', `${where} is taken of what nobody was told of`);
    return run;
  }

  #live(groupId: string, what: string): Run {
    const run = this.#runs.live(groupId);
    if (run === undefined) this.#broken('I9', `${groupId} ${what} and is not escalated`);
    return run;
  }

  /** The next one counts from when this one was due; of a further round from now, where that has passed. */
  #went(run: Run, at: number): void {
    const { counters, clock } = this.#world;
    if (run.ripeAt !== null && this.#world.downtime(run.ripeAt, clock.now()) > 0)
      counters.hit('escalation step after a restart');
    const { steps, repeat } = run.policy;
    const over = Math.max(0, run.openMs - steps[run.next]!.afterMs);
    // It was due after the last look, which saw less than the delay.
    if (run.openMs < steps[run.next]!.afterMs) run.seenAt = Math.max(run.seenAt, at);
    run.next += 1;
    run.ripeAt = null;
    run.openMs = over;
    if (run.next < steps.length) {
      run.earliest += steps[run.next]!.afterMs;
      return;
    }
    run.overAt = at;
    if (run.round > repeat) return;
    counters.hit('escalation round repeated');
    run.round += 1;
    run.next = 0;
    const { afterMs } = steps[0]!;
    run.earliest += afterMs;
    // It may be later than its delay, and count from now: then what was waited is gone.
    if (over + 4 * lookEveryMs >= afterMs) run.openMs = 0;
    run.seenAt = Math.max(run.seenAt, at);
  }

  /** How urgent the most urgent alert is that was told and that nobody holds; null: there is none. */
  #worstOpen(groupId: string, at: number): Severity | null {
    const group = this.#world.journal.groups.get(groupId);
    const open = group === undefined ? [] : this.#open(group, at);
    return open.length === 0 ? null : worst(open.map(({ row }) => row));
  }

  #ended(groupId: string, reason: string | null, at: number): void {
    const { counters, journal } = this.#world;
    const group = journal.groups.get(groupId);
    const run = this.#runs.ending(groupId);
    if (run === undefined) this.#broken('I9', `${groupId} is not escalated any more, and never was`);
    if (run.exhausted) this.#broken('I9', `${groupId} is not escalated any more, and was not before`);
    if (reason === 'exhausted') {
      if (!isOver(run))
        this.#broken('I9', `${groupId} is exhausted before step ${run.next + 1} of round ${run.round}`);
      counters.hit('escalation exhausted');
      run.exhausted = true;
      return;
    }
    counters.hit('escalation ended');
    this.#runs.end(groupId);
    const since = Math.max(this.#telling.routedAt, this.#telling.lastMovedAt);
    if (reason !== 'resolved') {
      counters.hit('escalation ended by a route');
      this.#runs.part(groupId, at);
      if (since < run.startedAt)
        this.#broken('I9', `${groupId} ended (${reason}) and nothing was routed anew`);
      if (reason === 'routed_elsewhere' && group) this.#elsewhere.check(run, group, at);
      return;
    }
    // What fires anew at this moment begins its own.
    const fires = group
      ? this.#alerts.of(group, at).filter(({ row }) => (row.firedAt ?? at) < at - 1_000)
      : [];
    const told = fires.filter(({ row }) => group && saysFiring(this.#words.of(row, group)));
    if (told.length > 0 && !this.#unsettled(groupId, at))
      this.#broken('I9', `${groupId} ended as resolved, and ${told[0]!.row.id} fires`);
  }

  // -- what is said ---------------------------------------------------------------------------------------------

  #said(row: NotificationRow, at: number): void {
    const { groupId, id } = row;
    if (groupId === null || row.kind !== 'alert.notification') return;
    const decided = this.#decided.get(id);
    this.#decided.delete(id);
    if (row.reason === 'escalation_step') {
      if (!decided) this.#broken('I9', `${id} is a step that was not decided`);
      this.#checkStep(row, decided, at);
    } else if (this.#besides.has(row)) this.#ends.endTold(row);
    else this.#receiverTold(row);
  }

  #receiverTold(row: NotificationRow): void {
    const groupId = row.groupId!;
    const { journal } = this.#world;
    const run = this.#runs.get(groupId);
    this.#ends.receiverTold(row);
    this.#leftOut.receiverTold(row);
    const fires = Object.entries(row.alerts).some(
      ([id, saying]) => saysFiring(saying) && journal.alerts.get(id)?.row.kind === 'alert',
    );
    if (!fires) return;
    this.#runs.told(groupId, row.createdAt);
    const news = ['first', 'new_alerts', 'refired'].includes(row.reason);
    if (!news && row.reason !== 'repeat' && row.reason !== 'escalated') return;
    const policy = this.#policyOf(groupId);
    // Events of a moment are stored before its messages. What this one began, or went on with, may have gone to other people
    // by then, because the alert, told late, was raised at once: how it ended was looked at there.
    if (run === undefined && this.#armedAt.get(groupId) === row.createdAt) return;
    if (run === undefined && this.#runs.partedAt(groupId) === row.createdAt && this.#isAnothers(row)) return;
    // So may its last step have been taken.
    if (policy === null || (run && (!isOver(run) || !news || run.overAt === row.createdAt))) return;
    // What it went on with may be over by the end of the commit, so that no row tells it: that it ended is still to be said.
    if (run === undefined && this.#runs.goesOnWithClosed(groupId)) return;
    this.#broken('I9', `${groupId} was told (${row.reason}) and is not escalated`);
  }

  /** All that it says to fire has left the group since. */
  #isAnothers({ groupId, alerts }: NotificationRow): boolean {
    const notified = this.#world.journal.groups.get(groupId!)?.notified ?? {};
    return Object.keys(alerts).every(
      (id) => !saysFiring(alerts[id]) || notified[id]?.status !== 'firing' || notified[id].left !== undefined,
    );
  }

  #checkStep(row: NotificationRow, { run, step }: Decided, at: number): void {
    const { counters, journal } = this.#world;
    counters.hit('escalation step sent');
    const { alerts, truncated } = JSON.parse(row.body) as AlertMessage;
    const where = `${row.id} of ${row.groupId}`;
    for (const id of Object.keys(row.alerts)) {
      const alert = journal.alerts.get(id)?.row;
      if (alert === undefined) continue;
      const since = Math.max(alert.ackedAt ?? 0, 0);
      if ((isHeld(alert, at) && since < row.createdAt) || this.#acks.holds(id, row.createdAt))
        this.#broken('I8', `${where} is a step of ${id}, which was acknowledged at ${since}`);
    }
    if (Object.keys(row.alerts).length === 0) this.#broken('I9', `${where} is a step of nothing`);
    const group = journal.groups.get(run.groupId)!;
    const open = this.#open(group, at);
    for (const id of Object.keys(row.alerts))
      if (
        !(journal.notificationsOf.get(id) ?? []).some((told) => told.groupId !== null && told.id !== row.id)
      )
        this.#broken('I9', `${where} is a step of ${id}, of which nobody was told`);
    const missing = open.filter(
      ({ row: alert }) => !(alert.id in row.alerts) && (alert.firedAt ?? at) < at - 1_000,
    );
    if (missing.length > 0 && truncated === 0 && !this.#unsettled(run.groupId, at))
      this.#broken('I9', `${where} does not name ${missing[0]!.row.id}, which nobody holds`);
    const severity = severities.findLast((one) => alerts.some((alert) => alert.severity === one));
    if (step.severities !== null && severity && !step.severities.includes(severity))
      this.#broken('I9', `${where} is taken for ${severity}`);
    if (step.during.length > 0 && !isOddQuarter(row.createdAt))
      this.#broken('I9', `${where} is taken at ${row.createdAt}, which is not in its hours`);
    const channels = step.to.map(({ name }) => name);
    this.#unchecked.push({ row, channels });
    this.#ends.stepTold(row, channels);
  }

  // -- from time to time ----------------------------------------------------------------------------------------

  #look(): void {
    const { clock, journal } = this.#world;
    const now = clock.now();
    for (const run of this.#runs.values()) {
      const group = journal.groups.get(run.groupId);
      if (isOver(run) || group === undefined) continue;
      const seen = this.#stateOf(group, now);
      const span = now - run.seenAt;
      // While nothing ran nobody noticed what paused it.
      if (seen === run.seen && span > 0 && span <= 2 * lookEveryMs) {
        if (seen === 'open') run.openMs += span;
        else if (seen === 'acknowledged' && run.pausedBy === 'acknowledged')
          run.earliest += this.#ran(run, now);
      }
      run.seenAt = now;
      run.seen = seen;
      this.#checkLate(run, now);
    }
  }

  /** What nobody holds, of what the group has told. */
  #open(group: GroupRow, now: number): readonly Member[] {
    return this.#alerts
      .of(group, now)
      .filter(({ by, row }) => by === null && saysFiring(this.#words.of(row, group)));
  }

  #stateOf(group: GroupRow, now: number): Run['seen'] {
    if (this.#open(group, now).length > 0) return 'open';
    const members = this.#alerts.of(group, now);
    const held = members.length > 0 && members.every(({ by }) => by === 'acknowledged');
    return held ? 'acknowledged' : 'other';
  }

  #ran({ seenAt, pausedAt }: Run, now: number): number {
    const from = Math.max(seenAt, pausedAt);
    return this.#world.downtime(seenAt, now) === 0 ? now - from : 0;
  }

  #checkLate(run: Run, now: number): void {
    if (run.openMs < run.policy.steps[run.next]!.afterMs) return;
    run.ripeAt ??= now;
    if (run.seen !== 'open' || this.#unsettled(run.groupId, now)) return;
    const late = now - run.ripeAt - this.#world.downtime(run.ripeAt, now);
    if (late <= slackMs || this.#world.runtime?.engine.running !== true) return;
    this.#broken(
      'I9',
      `step ${run.next + 1} of round ${run.round} of ${run.groupId} (${run.policy.name}) is ${late} ms late: nobody has held it since ${run.ripeAt}`,
    );
  }

  #policyOf(groupId: string): EscalationPolicy | null {
    const { journal, routing } = this.#world;
    const group = journal.groups.get(groupId);
    if (group === undefined || group.route.includes(' digest ')) return null;
    return policyFor(routing, routeAt(routing, group.receiver, group.route));
  }

  /** The tree has changed not long ago, or the group is of one that is gone. */
  #unsettled(groupId: string, now: number): boolean {
    const { journal, routing } = this.#world;
    const group = journal.groups.get(groupId);
    const routed = this.#telling.routedAt > now - settledAfterMs;
    return routed || group === undefined || routeAt(routing, group.receiver, group.route) === undefined;
  }

  #broken(id: InvariantId, message: string): never {
    throw new Violation(id, message, this.#world.clock.now());
  }
}

const worst = (rows: readonly AlertRow[]) =>
  severities.findLast((one) => rows.some((row) => row.effectiveSeverity === one)) ?? 'info';
