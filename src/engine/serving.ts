// Taking work: round robin over the tenants, a slice each, until the turn has its rows or its time. A sample goes through
// the evaluator and becomes a step only when a verdict changed; grid times go through
// grid-serving; commands and our own work are a step each.
import type { Clock } from '../clock.ts';
import { ApiError } from '../errors.ts';
import type { VerdictInput } from '../pipeline/input.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { Answer } from '../services.ts';
import { occurrenceOf } from '../store/found.ts';
import type { Store } from '../store/store.ts';
import type { Agenda } from './agenda.ts';
import type { BulkRun } from './bulk-run.ts';
import { carryOutChannel, type OpenTrial } from './channel-orders.ts';
import { carryOutTest } from './channel-test.ts';
import type { ConfirmRun } from './confirm-run.ts';
import { carryOutDirectory } from './directory-orders.ts';
import type { Doors } from './doors.ts';
import { withEnded } from './ended-alerts.ts';
import { carryOutEscalation } from './escalation-orders.ts';
import type { Evaluator } from './evaluate.ts';
import type { GridRun } from './grid-run.ts';
import type { GridServing } from './grid-serving.ts';
import { carryOut } from './letters.ts';
import { carryOutOverride } from './override-orders.ts';
import { carryOutReachTest } from './reach-test.ts';
import { carryOutRoute } from './route-orders.ts';
import { carryOutRule } from './rule-orders.ts';
import type { RulePair } from './rule-pair.ts';
import { carryOutSchedule } from './schedule-orders.ts';
import { decideSilence } from './silence.ts';
import { carryOutTemplate } from './template-orders.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';
import {
  type AnalysisCommand,
  type Command,
  type DirectoryCommand,
  isOrder,
  type LetterCommand,
  type ObjectCommand,
  type OverrideCommand,
  ofMany,
  type ReachTestCommand,
  type RouteCommand,
  type RuleCommand,
  type SampleBatch,
  type TestCommand,
  type Work,
} from './work.ts';

/** What a turn may do before its commit: the rows of its budget, or 5 ms of steps. */
const msPerTurn = 5;
/** What one tenant may do before the next one's turn comes within a turn of the loop. */
const mostRowsPerSlice = 50;
const leastRowsPerSlice = 10;
const samplesPerSlice = 512;
/** Open alerts that one slice of a bulk command looks at, and after how many of them it looks at the clock. */
const alertsPerSlice = 2_000;
const alertsPerLook = 64;

type Asked = Pick<Command, 'idempotency' | 'waiter'>;

export interface ServingParts {
  readonly clock: Clock;
  readonly store: Pick<
    Store,
    | 'idempotency'
    | 'delivery'
    | 'deadLetters'
    | 'alert'
    | 'silence'
    | 'notification'
    | 'deliveries'
    | 'confirmations'
    | 'events'
  >;
  readonly doors: Doors;
  readonly agenda: Agenda;
  readonly evaluator: Evaluator;
  readonly grid: GridServing;
  /** Opens a channel of the API before it is stored. */
  readonly open: OpenTrial;
}

export class Serving {
  readonly #parts: ServingParts;
  #next = 0;

  constructor(parts: ServingParts) {
    this.#parts = parts;
  }

  /** Round robin over the tenants with work, a slice each, until the turn has `rows` or its time is over. */
  serve(ring: readonly Tenant[], turn: Turn, now: number, rows: number): void {
    const { clock } = this.#parts;
    const deadline = now + msPerTurn;
    const busy = ring.reduce((n, tenant) => n + Number(tenant.busy), 0);
    // As many as can be are served within this turn.
    const fair = Math.floor((rows - turn.rows) / busy);
    const slice = Math.min(mostRowsPerSlice, Math.max(leastRowsPerSlice, fair));
    let idle = 0;
    while (idle < ring.length && turn.rows < rows && clock.now() < deadline) {
      const tenant = ring[this.#next % ring.length]!;
      this.#next = (this.#next + 1) % ring.length;
      if (tenant.busy) {
        idle = 0;
        this.#slice(tenant, turn, now, turn.rows + slice, deadline);
      } else idle += 1;
    }
  }

  /** A share of one tenant's work: until the turn has `limit` rows, and then as many rows of groups that are due. */
  #slice(tenant: Tenant, turn: Turn, now: number, limit: number, until: number): void {
    const share = limit - turn.rows;
    this.#arrivals(tenant, turn, now, limit, until);
    // What is done with many alerts is one order: what it lets go is told together, however many turns it takes.
    if (tenant.current && ofMany(tenant.current) && !tenant.current.fresh) return;
    // Groups are looked at behind what arrived, so that an alert which holds others back is known, whichever came first.
    // A large command among them takes nothing of their share.
    this.#look(tenant, turn, now, Math.max(limit, turn.rows) + share);
  }

  /** Looks at the groups that are due until the turn has `limit` rows; true when none is left. */
  #look(tenant: Tenant, turn: Turn, now: number, limit: number): boolean {
    for (const key of tenant.due) {
      if (turn.rows >= limit) return false;
      tenant.due.delete(key);
      this.#parts.doors.step(tenant, { kind: 'due', groupKey: key }, now, turn);
    }
    tenant.ordered = false;
    return true;
  }

  #arrivals(tenant: Tenant, turn: Turn, now: number, limit: number, until: number): void {
    const { doors, evaluator, grid } = this.#parts;
    let samples = 0;
    const changed = (pair: RulePair, input: VerdictInput): void => {
      doors.step(tenant, input, now, turn);
      pair.verdict = input.verdict;
      pair.follow(tenant.pipeline.openByKey.get(pair.key));
    };
    for (let work = tenant.current; work && turn.rows < limit; work = tenant.current) {
      const begins = isOrder(work) && !(ofMany(work) && !work.fresh);
      if ((begins || tenant.ordered) && !this.#look(tenant, turn, now, limit)) return;
      if (work.kind === 'grid') {
        if (!grid.slice(tenant, work, turn, now, { rows: limit, until })) return;
        tenant.shift();
        continue;
      }
      if (work.kind === 'bulk') {
        if (!this.#bulk(tenant, work, turn, now, limit, until)) return;
        tenant.ordered = true;
        continue;
      }
      if (work.kind === 'confirm') {
        if (!this.#confirm(tenant, work, turn, now, limit)) return;
        tenant.ordered = true;
        continue;
      }
      if (work.kind !== 'samples') {
        tenant.shift();
        this.#run(tenant, work, turn, now);
        if (begins) tenant.ordered = true;
        continue;
      }
      const batch = work;
      // If this turn is not stored the push is refused as a whole, also what a later turn would have taken of it.
      turn.failed.push((error) => {
        if (tenant.current === batch) tenant.shift();
        batch.waiter.reject(error);
      });
      while (batch.cursor < batch.count && turn.rows < limit && samples < samplesPerSlice) {
        samples += 1;
        evaluator.row(tenant, batch, batch.cursor++, now, changed);
      }
      if (batch.cursor < batch.count) return;
      tenant.shift();
      turn.settled.push(() => batch.waiter.resolve());
    }
  }

  #run(
    tenant: Tenant,
    work: Exclude<Work, SampleBatch | GridRun | BulkRun | ConfirmRun>,
    turn: Turn,
    now: number,
  ): void {
    if (work.kind === 'internal') {
      for (const input of work.inputs) this.#parts.doors.step(tenant, input, now, turn);
      return;
    }
    if (work.kind === 'silence') {
      this.#silence(tenant, work.pair, now, turn);
      return;
    }
    turn.failed.push((error) => work.waiter.reject(error));
    if (this.#answeredBefore(tenant, work, turn, now)) return;
    this.#settle(tenant, work, this.#answer(tenant, work, turn, now), turn, now);
  }

  /** Whether the same was asked before under the same key: then it is answered as it was then. */
  #answeredBefore(tenant: Tenant, { idempotency, waiter }: Asked, turn: Turn, now: number): boolean {
    if (idempotency === null) return false;
    const key = `${tenant.name} ${idempotency.scope} ${idempotency.key}`;
    const known =
      turn.keys.get(key) ??
      this.#parts.store.idempotency(tenant.name, idempotency.scope, idempotency.key, now);
    if (!known) return false;
    if (known.bodyHash !== idempotency.bodyHash) waiter.reject(new ApiError('idempotency_conflict'));
    else
      turn.settled.push(() =>
        waiter.resolve({ status: known.status, body: JSON.parse(known.answer) as unknown }),
      );
    return true;
  }

  /** The answer goes out once the turn is stored, and with it what a repeat under the same key gets. */
  #settle(tenant: Tenant, { idempotency, waiter }: Asked, answer: Answer, turn: Turn, now: number): void {
    if (idempotency && answer.status < 500) {
      const text = JSON.stringify(answer.body);
      const row = {
        tenant: tenant.name,
        ...idempotency,
        status: answer.status,
        answer: text,
        expiresAt: now + 86_400_000,
      };
      turn.keys.set(`${tenant.name} ${idempotency.scope} ${idempotency.key}`, row);
      turn.add(tenant.shard, [{ put: 'idempotency', row }]);
    }
    turn.settled.push(() => waiter.resolve(answer));
  }

  #answer(
    tenant: Tenant,
    work:
      | Command
      | DirectoryCommand
      | LetterCommand
      | ObjectCommand
      | OverrideCommand
      | RouteCommand
      | RuleCommand
      | TestCommand
      | ReachTestCommand
      | AnalysisCommand,
    turn: Turn,
    now: number,
  ): Answer {
    switch (work.kind) {
      case 'letters':
        return carryOut(work.order, tenant, this.#parts, now, turn);
      case 'rule':
        return carryOutRule(work.order, work.actor, tenant, now, turn);
      case 'route':
        return carryOutRoute(work.order, work.actor, tenant, this.#parts.doors, now, turn);
      case 'object':
        return this.#object(tenant, work, turn, now);
      case 'override':
        return carryOutOverride(work.order, work.actor, tenant, now, turn);
      case 'directory':
        return carryOutDirectory(work, tenant, now, turn);
      case 'test':
        return carryOutTest(work.order, tenant, this.#parts.doors, now, turn);
      case 'reach_test':
        return carryOutReachTest(work.order, tenant, this.#parts, now, turn);
      case 'analysis': {
        const { effects, answer } = work.decide(now);
        turn.add(tenant.shard, effects);
        const { grid, pipeline } = tenant;
        for (const effect of effects)
          if (effect.put === 'finding')
            grid.counting.occurred('findings', occurrenceOf(effect.row), pipeline, now);
        return answer;
      }
      case 'command': {
        const input = withEnded(work.input, tenant, this.#parts.store, turn);
        const { answer } = this.#parts.doors.step(tenant, input, now, turn);
        const { store } = this.#parts;
        return work.answer(answer, {
          alert: (id) => turn.alert(tenant, id) ?? store.alert(tenant.name, id),
          silence: (id) => turn.silence(tenant, id) ?? store.silence(tenant.name, id),
        });
      }
    }
  }

  #object(tenant: Tenant, { of, order, actor }: ObjectCommand, turn: Turn, now: number): Answer {
    switch (of) {
      case 'template':
        return carryOutTemplate(order, actor, tenant, now, turn);
      case 'channel':
        return carryOutChannel(order, actor, tenant, this.#parts, now, turn);
      case 'schedule':
        return carryOutSchedule(order, actor, tenant, now, turn);
      case 'escalation':
        return carryOutEscalation(order, actor, tenant, this.#parts.doors, now, turn);
    }
  }

  /** A share of what is done with many alerts; true when it is done. */
  #bulk(tenant: Tenant, run: BulkRun, turn: Turn, now: number, limit: number, until: number): boolean {
    const { doors, clock } = this.#parts;
    // If this turn is not stored the command is refused as a whole, also what a later turn would have done of it.
    turn.failed.push((error) => {
      if (tenant.current === run) tenant.shift();
      run.waiter.reject(error);
    });
    if (run.fresh && this.#answeredBefore(tenant, run, turn, now)) {
      tenant.shift();
      return true;
    }
    const ended: AlertRow[] = [];
    let done = false;
    for (let looked = 1; turn.rows < limit && looked <= alertsPerSlice; looked++) {
      if (looked % alertsPerLook === 0 && clock.now() >= until) break;
      const alert = run.next(tenant.pipeline);
      done = alert === null;
      if (alert === null) break;
      const input = run.inputFor(alert, now);
      if (input === null) continue;
      doors.stepAlone(tenant, input, now, turn);
      if (alert.state === 'resolved') ended.push(alert);
    }
    doors.forgetEpisodes(tenant, ended);
    if (!done) return false;
    tenant.shift();
    this.#settle(tenant, run, run.answer, turn, now);
    return true;
  }

  /** A share of a confirmation, which may acknowledge many alerts; true when it is done. */
  #confirm(tenant: Tenant, run: ConfirmRun, turn: Turn, now: number, limit: number): boolean {
    const { doors, store } = this.#parts;
    // What was acknowledged before is stored, and is so still when it is asked for once more.
    turn.failed.push((error) => {
      if (tenant.current === run) tenant.shift();
      run.waiter.reject(error);
    });
    while (turn.rows < limit) {
      const next = run.next(tenant, store, turn, now);
      if (next.kind === 'acknowledge') doors.stepAlone(tenant, next.input, now, turn);
      else {
        const outcome =
          next.kind === 'over' ? next.outcome : run.confirmedBy(doors.plan(tenant, next.input, now, turn));
        if ('fresh' in outcome && outcome.fresh) turn.confirmations.push(outcome.confirmation);
        tenant.shift();
        turn.settled.push(() => run.waiter.resolve(outcome));
        return true;
      }
    }
    return false;
  }

  /** A pair's silence is judged in its place in the queue: a sample that came before it has ended the silence. */
  #silence(tenant: Tenant, pair: RulePair, now: number, turn: Turn): void {
    pair.watched = false;
    if (pair.gone) return;
    const decision = decideSilence(pair, tenant.pipeline.openByKey.get(pair.key), now);
    if (decision.kind === 'wait') this.#parts.agenda.watchUntil(pair, decision.until);
    if (decision.kind !== 'verdict') return;
    pair.verdict = decision.input.verdict;
    pair.fellSilent();
    this.#parts.doors.step(tenant, decision.input, now, turn);
    if (decision.again !== null) this.#parts.agenda.watchUntil(pair, decision.again);
  }
}
