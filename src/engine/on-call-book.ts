// Who is on call, of one tenant: the schedules of the operator's file and those that were made through the API, with the
// overrides that were made through the API, which win over those of the schedules. A name of the file is the file's. One
// whose schedule or layer is gone waits, with a problem that says so.
import { type ApiOverrideInput, overrideNameProblems, readApiOverride } from '../config/api-override.ts';
import type { DocumentProblem } from '../config/api-rule.ts';
import { type ApiScheduleInput, readApiSchedule } from '../config/api-schedule.ts';
import type { FileRouting } from '../config/routing.ts';
import { scheduleOf } from '../config/schedules.ts';
import type { ConfigObjectRow } from '../pipeline/effect.ts';
import { onCallAt } from '../policy/on-call/rota.ts';
import type { Override, Schedule } from '../policy/on-call/schedule.ts';
import type { OnCall } from '../policy/people.ts';
import { type MadeObject, ObjectBook } from './object-book.ts';
import type { ObjectDocument } from './object-order.ts';

/** An override that was made through the API. `input` is null when this version of the program cannot read it. */
export interface ApiOverride extends MadeObject {
  readonly input: ApiOverrideInput | null;
  readonly problems: readonly DocumentProblem[];
}

/** A schedule that was made through the API. `input` is null when this version of the program cannot read it. */
export interface ApiSchedule extends MadeObject {
  readonly input: ApiScheduleInput | null;
  readonly problems: readonly DocumentProblem[];
}

type Schedules = ReadonlyMap<string, Schedule>;
const none: Schedules = new Map();

export class OnCallBook {
  readonly made = new ObjectBook<ApiOverride>(() => {
    this.#schedules = null;
  });
  readonly madeSchedules = new ObjectBook<ApiSchedule>(() => this.#changed());
  #file: FileRouting;
  #base: Schedules | null = null;
  #schedules: Schedules | null = null;

  constructor(file: FileRouting) {
    this.#file = file;
  }

  get file(): FileRouting {
    return this.#file;
  }

  set file(file: FileRouting) {
    this.#file = file;
    this.#changed();
  }

  /** As the file has them. */
  get ofFile(): Schedules {
    return this.#file.schedules ?? none;
  }

  /** Of the file and of the API, without the overrides of the API. */
  get base(): Schedules {
    this.#base ??= new Map([...this.ofFile, ...this.#ofApi()]);
    return this.#base;
  }

  /** By name, each with all of its overrides. */
  get schedules(): Schedules {
    this.#schedules ??= withOverrides(this.base, this.made.entries);
    return this.#schedules;
  }

  /** Empty for a schedule that there is not, and where nobody is on call. */
  readonly onCall: OnCall = (schedule, at) => {
    const found = this.schedules.get(schedule);
    return found === undefined ? [] : onCallAt(found, at);
  };

  load(overrides: readonly ConfigObjectRow[], schedules: readonly ConfigObjectRow[]): void {
    this.made.load(overrides, apiOverride);
    this.madeSchedules.load(schedules, apiSchedule);
  }

  /** The changes are stored. */
  committed(): void {
    this.made.committed();
    this.madeSchedules.committed();
  }

  /** They are not. */
  rolledBack(): void {
    this.made.rolledBack();
    this.madeSchedules.rolledBack();
  }

  /** What such a document of the API says. */
  scheduleOf(input: ApiScheduleInput): Schedule {
    // Complained of when it was read.
    return scheduleOf(input.name, input, this.#file.timeZone ?? 'UTC', () => undefined);
  }

  /** The overrides of the API that a schedule of this name has, in the order in which they were made. */
  overridesOf(name: string, layers: Schedule['layers']): Override[] {
    return overridesFor(name, layers, this.made.entries);
  }

  /** What keeps the override from being anybody's; empty: nothing. */
  problemsOf({ input, problems }: ApiOverride): readonly DocumentProblem[] {
    return input === null ? problems : overrideNameProblems(input, this.base);
  }

  /** What keeps the schedule from being one; empty: nothing. */
  problemsOfSchedule({ row, problems }: ApiSchedule): readonly DocumentProblem[] {
    if (!this.ofFile.has(row.name)) return problems;
    return [{ path: 'name', message: 'a schedule of the file has this name and is used in its place' }];
  }

  /** Overrides and schedules of the API that wait. */
  get faulty(): (ApiOverride | ApiSchedule)[] {
    return [
      ...this.made.entries.filter((one) => this.problemsOf(one).length > 0),
      ...this.madeSchedules.entries.filter((one) => this.problemsOfSchedule(one).length > 0),
    ];
  }

  *#ofApi(): Generator<[string, Schedule]> {
    for (const { row, input } of this.madeSchedules.entries)
      if (input !== null && !this.ofFile.has(row.name)) yield [row.name, this.scheduleOf(input)];
  }

  #changed(): void {
    this.#base = null;
    this.#schedules = null;
  }
}

function withOverrides(schedules: Schedules, made: readonly ApiOverride[]): Schedules {
  if (made.length === 0) return schedules;
  return new Map(
    [...schedules].map(([name, schedule]) => {
      const added = overridesFor(name, schedule.layers, made);
      return [name, { ...schedule, overrides: [...schedule.overrides, ...added] }];
    }),
  );
}

function overridesFor(
  name: string,
  layers: Schedule['layers'],
  made: readonly Pick<ApiOverride, 'row' | 'input'>[],
): Override[] {
  const known = new Set(layers.map(({ name: of }) => of));
  return made.flatMap(({ row, input }) => {
    if (input === null || input.schedule !== name) return [];
    const { person, from, to, layer = null } = input;
    return layer === null || known.has(layer) ? [{ id: row.id, person, from, to, layer }] : [];
  });
}

function apiOverride(row: ConfigObjectRow): ApiOverride {
  const document = JSON.parse(row.body) as ObjectDocument;
  const read = readApiOverride(document, row.createdAt);
  return 'input' in read
    ? { row, document, input: read.input, problems: [] }
    : { row, document, input: null, problems: read.problems };
}

function apiSchedule(row: ConfigObjectRow): ApiSchedule {
  const document = JSON.parse(row.body) as ObjectDocument;
  const read = readApiSchedule(document);
  return 'input' in read
    ? { row, document, input: read.input, problems: [] }
    : { row, document, input: null, problems: read.problems };
}
