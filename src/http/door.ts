// Lets callers in or makes them wait. A key that is right and made by us (256 random bits) opens from an address that has
// to wait, so that whoever guesses behind the same address locks nobody out; a key whose own id has to wait opens only
// where it was used lately. A key that people chose (TOCSIN_ADMIN_KEY) may be weak: it waits with its address.
import { ApiError } from '../errors.ts';
import type { ApiKeyRow } from '../store/rows.ts';
import type { AccessLog } from './access-log.ts';
import { Brake } from './brake.ts';
import { isMintedKey, shortId } from './key-format.ts';
import { adminKeyName, type Credentials, type Keyring, presentedKey } from './keys.ts';
import { callerOf } from './remote-address.ts';

const dayMs = 86_400_000;

interface Lately {
  readonly remoteAddress: string | undefined;
  readonly day: number;
}

export class Door {
  readonly #keyring: Keyring;
  readonly #access: AccessLog;
  readonly #addresses = new Brake();
  readonly #keys = new Brake();
  /** Where each key was last used: what nearly every request looks at, and nothing else. One entry per live key. */
  readonly #lately = new WeakMap<ApiKeyRow, Lately>();

  constructor(keyring: Keyring, access: AccessLog) {
    this.#keyring = keyring;
    this.#access = access;
  }

  /** The live key of the caller, null when there is none. Throws `too_many_attempts`. `now` in epoch milliseconds. */
  enter(credentials: Credentials, remoteAddress: string | undefined, now: number): ApiKeyRow | null {
    const key = this.#keyring.authenticate(credentials, now);
    if (key === null) return this.#failed(credentials, remoteAddress, now);
    const day = Math.floor(now / dayMs);
    const lately = this.#lately.get(key);
    if (lately !== undefined && lately.remoteAddress === remoteAddress && lately.day === day) return key;
    const address = callerOf(remoteAddress);
    if (!this.#access.knows(key, address, now)) {
      const waitMs = Math.max(
        this.#keys.waitMs(shortId(key.id), now),
        key.name === adminKeyName ? this.#addresses.waitMs(address, now) : 0,
      );
      if (waitMs > 0) throw tooMany(waitMs);
    }
    this.#access.used(key, address, now);
    this.#lately.set(key, { remoteAddress, day });
    return key;
  }

  #failed(credentials: Credentials, remoteAddress: string | undefined, now: number): null {
    const text = presentedKey(credentials);
    // Nothing was tried.
    if (text === null) return null;
    const address = callerOf(remoteAddress);
    const id = isMintedKey(text) ? text.slice(4, 12) : null;
    const before = this.#waitMs(address, id, now);
    // In process there is no address, and whoever calls is one of us.
    const ofAddress = address !== '' && this.#addresses.failed(address, now);
    const ofKey = id !== null && this.#keys.failed(id, now);
    this.#access.failed(address, id, ofAddress || ofKey, now);
    if (before > 0) throw tooMany(before);
    return null;
  }

  #waitMs(address: string, id: string | null, now: number): number {
    return Math.max(this.#addresses.waitMs(address, now), id === null ? 0 : this.#keys.waitMs(id, now));
  }
}

function tooMany(waitMs: number): ApiError {
  return new ApiError('too_many_attempts', { retryAfter: waitMs / 1_000 });
}
