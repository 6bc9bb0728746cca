// Which tenant a request is about. A tenant's key is bound to it; a key for all tenants names one with X-Tenant-ID,
// and need not while `default` is the only one.
import { z } from 'zod';
import { ApiError } from '../errors.ts';
import type { ApiKeyRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

export const defaultTenant = 'default';
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
/** Letters, digits, `_`, `-`, `.`; names with a leading underscore are the program's own. */
export const tenantName = z
  .string()
  .regex(namePattern, 'expected a name of 1 to 64 letters, digits, "_", "-", "."');

const rememberedMs = 5_000;

export class Tenancy {
  readonly #store: Store;
  readonly #now: () => number;
  #onlyDefault = false;
  #until = Number.NEGATIVE_INFINITY;

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** The tenant of a request; `named` is the header X-Tenant-ID. Throws `forbidden`, `tenant_required`, `bad_request`. */
  of(key: ApiKeyRow, named: string | undefined): string {
    if (key.tenant !== '*') {
      if (named !== undefined && named !== key.tenant) {
        throw new ApiError('forbidden', { message: 'This key belongs to another tenant.' });
      }
      return key.tenant;
    }
    if (named !== undefined) {
      if (!namePattern.test(named)) {
        throw new ApiError('bad_request', {
          message: 'X-Tenant-ID takes 1 to 64 letters, digits, "_", "-", ".".',
        });
      }
      return named;
    }
    if (!this.#isOnlyDefault()) throw new ApiError('tenant_required');
    return defaultTenant;
  }

  #isOnlyDefault(): boolean {
    const now = this.#now();
    if (now >= this.#until) {
      this.#onlyDefault = this.#store
        .tenants()
        .every((tenant) => tenant.id === defaultTenant || tenant.id.startsWith('_'));
      this.#until = now + rememberedMs;
    }
    return this.#onlyDefault;
  }
}
