// Plays a script on the whole runtime: what is of one moment comes together, so that one turn of the loop takes it, or each
// by itself; a bulk order goes as it is, or as the orders that it stands for.
import { labelSet } from '../../../rules/labels.ts';
import type { StepAnswer } from '../../pipeline/input.ts';
import type { Answer, BulkOrder, Services } from '../../services.ts';
import { matchersIn } from '../pipeline-story.ts';
import { Stage, type StageOptions } from '../stage.ts';
import { type Account, accountOf } from './account.ts';
import { type Action, arrives, lettingGo, type Moment, type Op } from './script.ts';

export interface Playing {
  /**
   * How what is of one moment comes. `alone`: each order in a turn of its own; samples, alerts and events that nobody
   * gives an order between stay together, since as many as come in one turn are told together.
   */
  readonly come: 'together' | 'alone';
  /**
   * Bulk orders go as what they are of each alert, in the order of their answer: each in a turn of its own, but what lets
   * alerts go as one order. That is told together, while single orders are told of each by itself: a group is looked at
   * behind every order, and once it told of the first alert it waits for its interval with the second.
   */
  readonly singly?: boolean;
  /** A planted bug. */
  readonly spoil?: (stage: Stage) => void;
}

const s = 1_000;
const ann = { name: 'key:ann' };
/** After the last moment: every silence, snooze and repeat has had its time. */
const calmMs = 300 * s;

/** Of the first half hour of a story, so that one of a minute and a half begins and ends several times. */
const everyOtherMinute = [
  {
    times: Array.from({ length: 15 }, (_, n) => ({
      start_time: `22:${14 + 2 * n}`,
      end_time: `22:${15 + 2 * n}`,
    })),
  },
];

/** Rules, routes and inhibition that let everything happen that a script asks for. */
export function stageOf(groupWaitMs: number): StageOptions {
  return {
    rules: [
      {},
      { name: 'Slow', threshold: 60, forMs: 10 * s, keepFiringForMs: 5 * s },
      { name: 'HostDown', metric: 'down', threshold: 0, severity: 'critical' },
    ],
    route: {
      groupWaitMs,
      ...{ groupIntervalMs: 20 * s, repeatIntervalMs: 60 * s, resolveWaitMs: 10 * s },
    },
    receiver: { dedupeWindowMs: 30 * s },
    inhibit: [
      {
        name: 'down',
        source: matchersIn('alertname=HostDown'),
        target: matchersIn('alertname=HighCpu'),
        equal: ['host'],
      },
    ],
    remindBeforeMs: 20 * s,
  };
}

/** What is left of the script, and what was sent. */
export async function play(script: readonly Moment[], groupWaitMs: number, how: Playing): Promise<Account> {
  const stage = new Stage(stageOf(groupWaitMs));
  try {
    how.spoil?.(stage);
    const player = new Player(stage, how);
    for (const moment of script) await player.moment(moment);
    await stage.advance(calmMs);
    if (stage.fatal.length > 0) throw new Error('the stage ended', { cause: stage.fatal[0] });
    return await accountOf(stage);
  } finally {
    await stage.close();
  }
}

class Player {
  readonly #stage: Stage;
  readonly #how: Playing;
  #silences = 0;
  #alertIds: readonly string[] = [];
  #silenceIds: readonly string[] = [];
  #notificationIds: readonly string[] = [];

  constructor(stage: Stage, how: Playing) {
    this.#stage = stage;
    this.#how = how;
  }

  async moment({ afterMs, ops: all }: Moment): Promise<void> {
    const { store } = this.#stage;
    await this.#stage.advance(afterMs);
    this.#alertIds = store.alerts('default', { kind: 'alert' }, 1_000, null).items.map(({ id }) => id);
    this.#silenceIds = store.silences('default', {}, 1_000, null).items.map(({ id }) => id);
    const deliveries = store.deliveries('default', {}, 1_000, null).items;
    this.#notificationIds = [...new Set(deliveries.map(({ notificationId }) => notificationId))];
    const ops = all.filter((op) => this.#isOfSomething(op));
    if (this.#how.come === 'together') return this.#come(ops);
    let company: Op[] = [];
    for (const op of ops) {
      if (arrives(op)) {
        company.push(op);
        continue;
      }
      await this.#come(company);
      company = [];
      if (this.#how.singly && op.do === 'bulk') await this.#singles(op);
      else await this.#come([op]);
    }
    await this.#come(company);
  }

  /** Whether there is what the order is about. */
  #isOfSomething(op: Op): boolean {
    if (op.do === 'respond') return this.#alertIds.length > 0;
    if (op.do === 'confirm') return this.#notificationIds.length > 0;
    return (op.do !== 'change silence' && op.do !== 'expire') || this.#silenceIds.length > 0;
  }

  /** All of these reach the queue before the loop takes its turn. */
  async #come(ops: readonly Op[]): Promise<void> {
    if (ops.length === 0) return;
    const { services } = this.#stage.runtime;
    const answers = ops.map((op) => this.#ask(services, op));
    await this.#stage.advance(0);
    await Promise.all(answers);
  }

  /** The alerts that the order would change, each asked by itself. */
  async #singles(op: Extract<Op, { do: 'bulk' }>): Promise<void> {
    const { services } = this.#stage.runtime;
    const dry = services.respondToMany('default', { ...this.#bulk(op), dryRun: true }, ann, null);
    await this.#stage.advance(0);
    const { ids } = (await dry).body as { ids: string[] };
    if (lettingGo.includes(op.action)) return this.#asOne(ids, op);
    for (const id of ids) {
      const answer = this.#respond(services, id, op.action, op.forMs);
      await this.#stage.advance(0);
      if ((await answer).status >= 300) throw new Error(`${op.action} of one among many was refused`);
    }
  }

  /** What is asked of each, without a look at the groups in between. */
  async #asOne(ids: readonly string[], { action, forMs }: Extract<Op, { do: 'bulk' }>): Promise<void> {
    const { engine } = this.#stage.runtime;
    const order = this.#action(action, forMs);
    const inputs = ids.map((alertId) => ({ ...order, alertId, actor: ann.name }));
    engine.tenant('default')!.enqueue({ kind: 'internal', inputs });
    engine.turn();
    await this.#stage.advance(0);
  }

  #ask(services: Services, op: Op): Promise<unknown> {
    const now = this.#stage.clock.now();
    switch (op.do) {
      case 'push': {
        const raw = op.samples.map(({ metric, host, value }, index) => ({
          ...{ index, metric, value },
          labels: labelSet({ host }),
        }));
        return services.push('default', raw, []);
      }
      case 'outside': {
        const labels = labelSet({ alertname: 'Disk', host: op.host, severity: 'warning' });
        const times = { startsAt: now, endsAt: op.status === 'firing' ? null : now };
        return services.postAlerts('default', 'sender', [
          { labels, annotations: {}, status: op.status, value: null, ...times },
        ]);
      }
      case 'event': {
        const labels = labelSet({ alertname: 'Deploy', host: op.host });
        const event = { type: 'deploy', severity: 'info' as const, category: 'system' as const };
        const rest = { message: 'deployed', labels, recipients: [] };
        return services.postEvent('default', { ...event, ...rest }, ann, null);
      }
      case 'silence': {
        const startsAt = now + op.inMs;
        return this.#put(null, op.matcher, startsAt, startsAt + op.forMs, op.recurs);
      }
      case 'change silence': {
        const id = pick(this.#silenceIds, op.which);
        return this.#put(id, op.matcher, now, now + op.forMs, false);
      }
      case 'expire': {
        return services.silences.expire('default', pick(this.#silenceIds, op.which), ann);
      }
      case 'respond': {
        return this.#respond(services, pick(this.#alertIds, op.which), op.action, op.forMs);
      }
      case 'confirm': {
        const notificationId = pick(this.#notificationIds, op.which);
        const by = { recipient: null, actor: ann.name, name: 'Ann', via: 'api' as const, note: null };
        return services.confirm('default', { notificationId, ...by });
      }
      case 'bulk':
        return services.respondToMany('default', this.#bulk(op), ann, null);
    }
  }

  #put(
    id: string | null,
    matcher: string,
    startsAt: number,
    endsAt: number,
    recurs: boolean,
  ): Promise<Answer> {
    const matchers = matchersIn(matcher).map(({ name, op, value }) => ({ name, op, value }));
    const said = { comment: `silence ${++this.#silences}`, createdBy: ann.name, actor: ann.name };
    const input = { kind: 'silence.put' as const, id, matchers, startsAt, endsAt, ...said };
    const order = { ...input, recurs: recurs ? everyOtherMinute : null };
    const answer = (step: StepAnswer): Answer => ({
      status: step.kind === 'silence' ? 200 : 409,
      body: null,
    });
    return this.#stage.runtime.engine.submit('default', { idempotency: null, input: order, answer });
  }

  #respond(services: Services, id: string, action: Action, forMs: number): Promise<Answer> {
    const order = this.#action(action, forMs);
    if (order.kind === 'resolve') return services.resolve('default', id, { note: order.note }, ann, null);
    if (order.kind === 'acknowledge') return services.acknowledge('default', id, order, ann, null);
    return services.respond('default', id, order, ann, null);
  }

  #bulk({ matcher, action, forMs, limit }: Extract<Op, { do: 'bulk' }>): BulkOrder {
    const [of, states] = [matchersIn(matcher), ['pending', 'firing'] as const];
    return { action: this.#action(action, forMs), matchers: of, states, limit, dryRun: false };
  }

  #action(action: Action, forMs: number): BulkOrder['action'] {
    const until = this.#stage.clock.now() + forMs;
    switch (action) {
      case 'acknowledge':
      case 'snooze':
        return { kind: action, until, note: null };
      case 'assign':
        return { kind: action, to: `bea ${forMs}`, note: null };
      case 'comment':
        return { kind: action, text: 'looking' };
      case 'resolve':
        return { kind: action, note: null };
      case 'unacknowledge':
      case 'unsnooze':
        return { kind: action };
    }
  }
}

const pick = (ids: readonly string[], which: number): string => ids[which % ids.length]!;
