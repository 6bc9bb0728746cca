// People who silence things: they make silences, change them, and take them back, and ask again under the same key until
// they have an answer. What was answered is what is stored.
import type { PipelineInput, StepAnswer } from '../../pipeline/input.ts';
import type { SilenceRow } from '../../pipeline/rows.ts';
import type { Answer } from '../../services.ts';
import type { Disk } from './disk.ts';
import type { Holding } from './holding.ts';
import { tenants } from './plan-of-seed.ts';
import type { Random } from './random.ts';
import { drawMatchers, drawSpan } from './suppression-plan.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

const actor = 'key:simulation';

type Asked = Pick<SilenceRow, 'matchers' | 'startsAt' | 'endsAt'>;

export class SilenceClients {
  readonly #world: World;
  readonly #random: Random;
  readonly #holding: Holding;
  #stopped = false;
  #keys = 0;

  constructor(world: World, random: Random, holding: Holding) {
    this.#world = world;
    this.#random = random;
    this.#holding = holding;
  }

  start(): void {
    if (this.#world.plan.silencesPerHour === 0) return;
    for (const tenant of tenants) this.#silencing(tenant).catch((error: unknown) => this.#world.fail(error));
  }

  stop(): void {
    this.#stopped = true;
  }

  async #silencing(tenant: string): Promise<void> {
    const random = this.#random;
    const { clock, counters, plan } = this.#world;
    for (;;) {
      await this.#world.sleepByDay(random.around(3_600_000 / plan.silencesPerHour));
      if (this.#stopped) return;
      const open = this.#holding.open(tenant, clock.now());
      const what = open.length === 0 ? 'make' : random.pick(['make', 'make', 'change', 'expire'] as const);
      if (what === 'make') {
        const several = Array.from({ length: random.chance(0.3) ? random.int(2, 3) : 1 }, () =>
          this.#put(tenant, null, drawMatchers(random)),
        );
        if (several.length > 1) counters.hit('several silences at once');
        for (const made of await Promise.all(several)) if (made) counters.hit('silence made');
      } else if (what === 'change') {
        const { id, matchers } = random.pick(open);
        const other = random.chance(0.5) ? matchers : drawMatchers(random);
        if (await this.#put(tenant, id, other)) counters.hit('silence changed');
      } else {
        const { id } = random.pick(open);
        const answer = await this.#ask(tenant, { kind: 'silence.expire', id, actor });
        const last = this.#holding.last(id);
        if (answer.status === 200) {
          counters.hit('silence taken back');
          if (this.#holding.lives(id, clock.now()))
            this.#broken(`silence ${id} was taken back and still holds, until ${last?.endsAt}`);
        }
      }
    }
  }

  async #put(tenant: string, id: string | null, matchers: Asked['matchers']): Promise<boolean> {
    const asked = { matchers, ...drawSpan(this.#random, this.#world.clock.now()) };
    const said = { comment: 'work', createdBy: actor, actor, recurs: null };
    const input = { kind: 'silence.put' as const, id, ...asked, ...said };
    const answer = await this.#ask(tenant, input);
    if (answer.status !== 200) return false;
    const stored = this.#holding.last((answer.body as { id: string }).id);
    const text = ({ matchers: of, startsAt, endsAt }: Asked) => JSON.stringify([of, startsAt, endsAt]);
    // Nobody else changes this tenant's silences.
    if (!stored || text(stored) !== text(asked))
      this.#broken(`a silence was answered as ${text(asked)} and is ${stored && text(stored)}`);
    return true;
  }

  async #ask(tenant: string, input: PipelineInput): Promise<Answer> {
    const name = `silence-${++this.#keys}`;
    const idempotency = { scope: 'silences', key: name, bodyHash: `hash-${name}` };
    const answer = (step: StepAnswer): Answer =>
      step.kind === 'silence'
        ? { status: 200, body: { id: step.silence.id } }
        : { status: 409, body: step.kind === 'refused' ? step.reason : step.kind };
    for (let attempt = 0; ; attempt++) {
      if (attempt > 0) {
        this.#world.counters.hit('client retried');
        await this.#world.sleep(this.#random.int(200, 5_000));
      }
      const outcome = await this.#world.request((_, { engine }) =>
        engine.submit(tenant, { input, idempotency, answer }),
      );
      if (outcome.kind === 'ok') return outcome.value;
      if (outcome.kind === 'error' && outcome.error.status < 500 && outcome.error.status !== 429)
        throw outcome.error;
    }
  }

  /** The file knows the silences that are not over, as they were committed, and no others. */
  checkDisk(disk: Disk): void {
    const { newId, clock } = this.#world;
    const store = disk.openStore(newId);
    const text = (all: readonly ({ readonly id: string } & Asked)[]) =>
      all
        .map(({ id, matchers, startsAt, endsAt }) => JSON.stringify([id, matchers, startsAt, endsAt]))
        .sort();
    try {
      for (const tenant of tenants) {
        const stored = text(store.loadTenant(tenant).silences.filter(({ endsAt }) => endsAt > clock.now()));
        const said = text(this.#holding.open(tenant, clock.now()));
        if (stored.join() !== said.join())
          this.#broken(`silences of ${tenant} are ${stored.join()}, committed were ${said.join()}`);
      }
    } finally {
      disk.letGo();
    }
  }

  #broken(message: string): never {
    throw new Violation('I6', message, this.#world.clock.now());
  }
}
