// Prepared statements of queries whose text depends on a filter; the texts are few, so all of them are kept.
import type Database from 'better-sqlite3';

type Value = string | number | Buffer | null;

export class Statements {
  readonly #raw;
  readonly #prepared = new Map<string, Database.Statement<Value[]>>();

  constructor(raw: Database.Database) {
    this.#raw = raw;
  }

  all<Row>(text: string, values: readonly Value[]): Row[] {
    return this.#get(text).all(...values) as Row[];
  }

  first<Row>(text: string, values: readonly Value[]): Row | undefined {
    return this.#get(text).get(...values) as Row | undefined;
  }

  #get(text: string): Database.Statement<Value[]> {
    let statement = this.#prepared.get(text);
    if (statement === undefined) {
      statement = this.#raw.prepare<Value[]>(text);
      this.#prepared.set(text, statement);
    }
    return statement;
  }
}

/** The conditions of a query and their values, side by side. */
export class Where {
  readonly #conditions: string[] = [];
  readonly values: Value[] = [];

  and(condition: string, ...values: readonly Value[]): this {
    this.#conditions.push(condition);
    this.values.push(...values);
    return this;
  }

  /** `column IN (…)`; nothing when no choice was made. */
  oneOf(column: string, choices: readonly string[] | undefined): this {
    if (choices === undefined || choices.length === 0) return this;
    return this.and(`${column} IN (${choices.map(() => '?').join(', ')})`, ...choices);
  }

  get text(): string {
    return this.#conditions.join(' AND ');
  }
}
