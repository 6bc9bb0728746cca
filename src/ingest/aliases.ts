// The alias tables of all tenants: no bytes of one tenant are ever compared with those of another.
import { randomInt } from 'node:crypto';
import { AliasTable } from './alias-table.ts';
import type { SeriesTable } from './series.ts';

export class Aliases {
  readonly #table: SeriesTable;
  readonly #seed: number;
  /** Bodies that were read by bytes, and those left to the plain decoder. */
  readonly counts = { scanned: 0, plainly: 0 };
  readonly #tenants = new Map<string, AliasTable>();

  /** `seed` of the hashes; random unless a test wants it otherwise. */
  constructor(table: SeriesTable, seed: number = randomInt(2 ** 31)) {
    this.#table = table;
    this.#seed = seed;
  }

  of(tenant: string): AliasTable {
    let aliases = this.#tenants.get(tenant);
    if (aliases === undefined) {
      aliases = new AliasTable(this.#table, tenant, this.#seed);
      this.#tenants.set(tenant, aliases);
    }
    return aliases;
  }
}
