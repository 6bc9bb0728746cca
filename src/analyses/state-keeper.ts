// Stores what the analyses of a tenant know: in pieces, a commit each, with the loop free between two of them; the row that
// says that all of them are there goes with what the state led to. A state of a few pieces goes with it whole.
import type { Clock } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Effect } from '../pipeline/effect.ts';
import { thingsPerSlice } from '../slices.ts';
import type { Run } from './run.ts';

/** So many pieces go with the row that they count for. */
const mostAtOnce = 2;

export interface StateKeeperPorts {
  readonly engine: Pick<Engine, 'submitAnalysis'>;
  readonly clock: Pick<Clock, 'breath'>;
}

/** What is to be stored with what follows from the state, in one commit. */
export type StateToStore = (now: number) => readonly Effect[];

export class StateKeeper {
  readonly #ports: StateKeeperPorts;

  constructor(ports: StateKeeperPorts) {
    this.#ports = ports;
  }

  /**
   * Puts what is known into pieces and stores all but the end, which is answered. Nothing may be shown to the analyses
   * until that is stored too. Rejects as the engine does.
   */
  async state(run: Run): Promise<StateToStore> {
    // Where a commit fails, the tenant is taken up anew, and which pieces count is read again.
    const generation = 1 - run.generation;
    let held: string[] = [];
    let [parts, size, things] = [0, 0, 0];
    for (const made of run.analyses!.save()) {
      if (typeof made === 'number') {
        things += made;
        if (things < thingsPerSlice) continue;
        things = 0;
        await this.#ports.clock.breath();
        continue;
      }
      held.push(made);
      parts += 1;
      size += made.length;
      if (parts <= mostAtOnce) continue;
      for (const [n, body] of held.entries())
        await this.#put(run.tenant, generation, parts - held.length + n, body);
      held = [];
    }
    return this.#end(run, generation, held, { parts, size });
  }

  /** The same in one piece: for the last words of a program. */
  stateAtOnce(run: Run): StateToStore {
    const texts = [...run.analyses!.save()].filter((made) => typeof made === 'string');
    const size = texts.reduce((sum, { length }) => sum + length, 0);
    return this.#end(run, 1 - run.generation, texts, { parts: texts.length, size });
  }

  async #put(tenant: string, generation: number, part: number, body: string): Promise<void> {
    const effect: Effect = { put: 'analysis.part', row: { tenant, generation, part, body } };
    await this.#ports.engine.submitAnalysis(
      tenant,
      { idempotency: null, decide: () => ({ effects: [effect], answer: { status: 200, body: null } }) },
      true,
    );
    await this.#ports.clock.breath();
  }

  /** @param texts What goes with the row: all pieces or none. */
  #end(
    run: Run,
    generation: number,
    texts: readonly string[],
    { parts, size }: { readonly parts: number; readonly size: number },
  ): StateToStore {
    const { tenant } = run;
    return (now) => {
      const cursor = Math.max(0, run.cursor);
      run.savedCursor = run.cursor;
      run.savedAt = now;
      run.generation = generation;
      run.savedBytes = size;
      run.stored = true;
      return [
        ...texts.map(
          (body, part): Effect => ({ put: 'analysis.part', row: { tenant, generation, part, body } }),
        ),
        { put: 'analysis', row: { tenant, cursor, at: now, saved: { generation, parts } } },
      ];
    };
  }
}
