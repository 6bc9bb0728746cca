// Who is on call, of one tenant: the schedules of the operator's file, and the overrides that were made through the API,
// which win over those of the file. One whose schedule or layer is gone from the file waits, with a problem that says so.
import { type ApiOverrideInput, overrideNameProblems, readApiOverride } from '../config/api-override.ts';
import type { DocumentProblem } from '../config/api-rule.ts';
import type { ConfigObjectRow } from '../pipeline/effect.ts';
import { onCallAt } from '../policy/on-call/rota.ts';
import type { Schedule } from '../policy/on-call/schedule.ts';
import type { OnCall } from '../policy/people.ts';
import { type MadeObject, ObjectBook } from './object-book.ts';
import type { ObjectDocument } from './object-order.ts';

/** An override that was made through the API. `input` is null when this version of the program cannot read it. */
export interface ApiOverride extends MadeObject {
  readonly input: ApiOverrideInput | null;
  readonly problems: readonly DocumentProblem[];
}

type Schedules = ReadonlyMap<string, Schedule>;
const none: Schedules = new Map();

export class OnCallBook {
  readonly made = new ObjectBook<ApiOverride>(() => {
    this.#schedules = null;
  });
  #file: Schedules;
  #schedules: Schedules | null = null;

  constructor(file: Schedules | undefined) {
    this.#file = file ?? none;
  }

  set file(file: Schedules | undefined) {
    this.#file = file ?? none;
    this.#schedules = null;
  }

  /** As the file has them, without the overrides of the API. */
  get ofFile(): Schedules {
    return this.#file;
  }

  /** By name, each with all of its overrides. */
  get schedules(): Schedules {
    this.#schedules ??= withOverrides(this.#file, this.made.entries);
    return this.#schedules;
  }

  /** Empty for a schedule that there is not, and where nobody is on call. */
  readonly onCall: OnCall = (schedule, at) => {
    const found = this.schedules.get(schedule);
    return found === undefined ? [] : onCallAt(found, at);
  };

  load(rows: readonly ConfigObjectRow[]): void {
    this.made.load(rows, apiOverride);
  }

  /** What keeps the override from being anybody's; empty: nothing. */
  problemsOf({ input, problems }: ApiOverride): readonly DocumentProblem[] {
    return input === null ? problems : overrideNameProblems(input, this.#file);
  }

  /** Those of the API that wait. */
  get faulty(): ApiOverride[] {
    return this.made.entries.filter((one) => this.problemsOf(one).length > 0);
  }
}

function withOverrides(file: Schedules, made: readonly ApiOverride[]): Schedules {
  if (made.length === 0) return file;
  return new Map(
    [...file].map(([name, schedule]) => {
      const layers = new Set(schedule.layers.map(({ name: of }) => of));
      const added = made.flatMap(({ row, input }) => {
        if (input === null || input.schedule !== name) return [];
        const { person, from, to, layer = null } = input;
        return layer === null || layers.has(layer) ? [{ id: row.id, person, from, to, layer }] : [];
      });
      return [name, { ...schedule, overrides: [...schedule.overrides, ...added] }];
    }),
  );
}

function apiOverride(row: ConfigObjectRow): ApiOverride {
  const document = JSON.parse(row.body) as ObjectDocument;
  const read = readApiOverride(document, row.createdAt);
  return 'input' in read
    ? { row, document, input: read.input, problems: [] }
    : { row, document, input: null, problems: read.problems };
}
