// By which policies a tenant's groups are escalated: those of the operator's file, and those that were made through the API.
// A name of the file is the file's.
import { type ApiEscalationInput, readApiEscalation } from '../config/api-escalation.ts';
import type { DocumentProblem } from '../config/api-rule.ts';
import { escalationOf } from '../config/escalations.ts';
import type { FileRouting } from '../config/routing.ts';
import type { ConfigObjectRow } from '../pipeline/effect.ts';
import type { EscalationPolicy } from '../pipeline/escalation.ts';
import { type MadeObject, ObjectBook } from './object-book.ts';
import type { ObjectDocument } from './object-order.ts';

/** A policy that was made through the API. `input` is null when this version of the program cannot read it. */
export interface ApiEscalation extends MadeObject {
  readonly input: ApiEscalationInput | null;
  readonly problems: readonly DocumentProblem[];
}

type Policies = ReadonlyMap<string, EscalationPolicy>;
const none: Policies = new Map();

export class EscalationBook {
  readonly made = new ObjectBook<ApiEscalation>(() => this.#changed());
  readonly #told: () => void;
  #file: FileRouting;
  #policies: Policies | null = null;

  /** @param changed Called after each change of what is made through the API. */
  constructor(file: FileRouting, changed: () => void) {
    this.#file = file;
    this.#told = changed;
  }

  get file(): FileRouting {
    return this.#file;
  }

  set file(file: FileRouting) {
    this.#file = file;
    this.#policies = null;
  }

  get ofFile(): Policies {
    return this.#file.escalations ?? none;
  }

  /** By name, of the file and of the API. */
  get policies(): Policies {
    this.#policies ??= new Map([...this.ofFile, ...this.#ofApi()]);
    return this.#policies;
  }

  load(rows: readonly ConfigObjectRow[]): void {
    this.made.load(rows, apiEscalation);
  }

  /** What keeps the policy from being one; empty: nothing. */
  problemsOf({ row, problems }: ApiEscalation): readonly DocumentProblem[] {
    if (!this.ofFile.has(row.name)) return problems;
    return [{ path: 'name', message: 'a policy of the file has this name and is used in its place' }];
  }

  *#ofApi(): Generator<[string, EscalationPolicy]> {
    const intervals = this.#file.written?.intervals ?? new Map();
    for (const { row, input } of this.made.entries)
      if (input !== null && !this.ofFile.has(row.name))
        yield [row.name, escalationOf(row.name, input, intervals)];
  }

  #changed(): void {
    this.#policies = null;
    this.#told();
  }
}

function apiEscalation(row: ConfigObjectRow): ApiEscalation {
  const document = JSON.parse(row.body) as ObjectDocument;
  const read = readApiEscalation(document);
  return 'input' in read
    ? { row, document, input: read.input, problems: [] }
    : { row, document, input: null, problems: read.problems };
}
