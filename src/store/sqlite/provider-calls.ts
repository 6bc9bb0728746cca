// Calls to providers that limits count.
import type { ProviderCalls } from '../../pipeline/effect.ts';
import type { CountedCalls } from '../rows.ts';
import type { Db } from './database.ts';
import { withStoreErrors } from './sqlite-errors.ts';

/** For use inside the commit. */
export function providerCallWrites(db: Db) {
  const insert = db.raw.prepare<[string, string, number, number]>(
    'INSERT INTO provider_call (tenant, channel, at, calls) VALUES (?, ?, ?, ?)',
  );
  const forget = db.raw.prepare<[string, number]>('DELETE FROM provider_call WHERE channel = ? AND at < ?');
  return {
    put({ tenant, channel, at, calls, keptMs }: ProviderCalls): void {
      insert.run(tenant, channel, at, calls);
      forget.run(channel, at - keptMs);
    },
  };
}

export function providerCallGroup(db: Db) {
  const since = db.raw.prepare<[number], CountedCalls>(
    'SELECT tenant, channel, at, calls FROM provider_call WHERE at >= ? ORDER BY at',
  );
  const forget = db.raw.prepare<[number]>('DELETE FROM provider_call WHERE at < ?');
  return {
    providerCalls(from: number): readonly CountedCalls[] {
      return withStoreErrors('read calls', () => {
        const before = Math.floor(from);
        db.transaction(() => forget.run(before));
        return since.all(before);
      });
    },
  };
}
