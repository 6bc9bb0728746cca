// Who is calling. Keys are looked up by digest and kept for five seconds, so that the hot path asks no store; a key
// that is revoked here is forgotten at once. A caller learns nothing about why a key is refused.
import { timingSafeEqual } from 'node:crypto';
import type { Log } from '../log.ts';
import type { ApiKeyRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { digestOf, longestKey, mintKey, shortestAdminKey } from './key-format.ts';

const cachedMs = 5_000;
const mostCached = 10_000;
const mostLately = 1_000;
const touchEveryMs = 60_000;
const nothing = Buffer.alloc(32);

interface Cached {
  readonly digest: Buffer;
  readonly row: ApiKeyRow;
  readonly until: number;
}

/** The headers that may carry a key. */
export interface Credentials {
  readonly apiKey: string | undefined;
  readonly authorization: string | undefined;
}

/** The key that the headers carry: X-API-Key, a bearer token, or the password of basic authentication. */
export function presentedKey(credentials: Credentials): string | null {
  if (credentials.apiKey !== undefined) return credentials.apiKey.trim() || null;
  const match = /^(bearer|basic) +(\S+)\s*$/i.exec(credentials.authorization ?? '');
  if (match === null) return null;
  if (match[1]!.toLowerCase() === 'bearer') return match[2]!;
  const pair = Buffer.from(match[2]!, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? null : pair.slice(colon + 1) || null;
}

export class Keyring {
  readonly #store: Store;
  readonly #log: Log;
  readonly #defer: (callback: () => void) => void;
  readonly #cache = new Map<string, Cached>();
  /** Keys that were let in lately, by their text: the digest is the dearest part of a small request. */
  readonly #lately = new Map<string, { readonly row: ApiKeyRow; readonly until: number }>();
  readonly #touchedAt = new Map<string, number>();
  readonly #toTouch = new Set<string>();

  /** `defer` runs the writes of last_used after the request; setImmediate unless told otherwise. */
  constructor(options: { store: Store; log: Log; defer?: (callback: () => void) => void }) {
    this.#store = options.store;
    this.#log = options.log;
    this.#defer = options.defer ?? ((callback) => void setImmediate(callback));
  }

  /** The live key that the headers carry, or null. `now` in epoch milliseconds. */
  authenticate(credentials: Credentials, now: number): ApiKeyRow | null {
    const text = presentedKey(credentials);
    if (text === null || text.length > longestKey) return null;
    const lately = this.#lately.get(text);
    const row = lately !== undefined && lately.until > now ? lately.row : this.#look(text, now);
    if (row === null) return null;
    if (row.revokedAt !== null) return null;
    if (row.expiresAt !== null && row.expiresAt <= now) return null;
    this.#touch(row, now);
    return row;
  }

  #look(text: string, now: number): ApiKeyRow | null {
    const cached = this.#find(digestOf(text), now);
    if (cached === null) return null;
    // A key that exists is no secret to whoever sent it; texts that were guessed never get in here.
    if (this.#lately.size >= mostLately) this.#lately.clear();
    this.#lately.set(text, cached);
    return cached.row;
  }

  /** To be called when a key was revoked or changed. */
  forget(id: string): void {
    for (const [at, cached] of this.#cache) if (cached.row.id === id) this.#cache.delete(at);
    for (const [text, { row }] of this.#lately) if (row.id === id) this.#lately.delete(text);
  }

  #find(digest: Buffer, now: number): Cached | null {
    // The index is the digest's first half only and the whole is compared in constant time, also when nothing is there.
    const at = digest.toString('latin1', 0, 16);
    const cached = this.#cache.get(at);
    const same = timingSafeEqual(digest, cached?.digest ?? nothing);
    if (cached !== undefined && same && cached.until > now) return cached;
    const row = this.#store.keyByDigest(digest.toString('hex'));
    if (row === null) {
      this.#cache.delete(at);
      return null;
    }
    if (this.#cache.size >= mostCached) this.#cache.clear();
    const found = { digest, row, until: now + cachedMs };
    this.#cache.set(at, found);
    return found;
  }

  /** last_used is written at most once a minute per key, and never while a request waits. */
  #touch(row: ApiKeyRow, now: number): void {
    const last = this.#touchedAt.get(row.id) ?? row.lastUsedAt ?? Number.NEGATIVE_INFINITY;
    if (now - last < touchEveryMs) return;
    this.#touchedAt.set(row.id, now);
    this.#toTouch.add(row.id);
    if (this.#toTouch.size > 1) return;
    this.#defer(() => {
      const ids = [...this.#toTouch];
      this.#toTouch.clear();
      try {
        for (const id of ids) this.#store.touchKey(id, now);
      } catch (error) {
        // Only a display suffers; the store's own failures are judged where state is committed.
        this.#log.warn('key.touch_failed', { error });
      }
    });
  }
}

/** Name of the key that stands for TOCSIN_ADMIN_KEY. */
export const adminKeyName = 'TOCSIN_ADMIN_KEY';

export type FirstKey =
  /** `generated` is the text of a new operator key, to be shown once; null when there was one already. */
  { readonly generated: string | null } | { readonly problem: string };

/**
 * Sees to it that somebody can get in. With `adminKey` exactly that text is the operator's key (an earlier one of the
 * environment is revoked); without it one is generated unless a live operator key exists.
 */
export function ensureFirstKey(
  store: Store,
  options: { adminKey?: string; newId: () => string; now: number },
): FirstKey {
  const { now } = options;
  const live = store
    .keys(null)
    .filter((key) => key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now));
  if (options.adminKey !== undefined && options.adminKey !== '') {
    const length = options.adminKey.length;
    if (length < shortestAdminKey || length > longestKey) {
      return {
        problem: `${adminKeyName} must have ${shortestAdminKey} to ${longestKey} characters, it has ${length}`,
      };
    }
    if (options.adminKey.trim() !== options.adminKey) {
      return { problem: `${adminKeyName} must not begin or end with white space` };
    }
    const digest = digestOf(options.adminKey).toString('hex');
    const known = store.keyByDigest(digest);
    if (known !== null && !live.some((key) => key.id === known.id)) {
      return { problem: `${adminKeyName} was revoked or has expired; choose another` };
    }
    for (const key of live) {
      if (key.name === adminKeyName && key.id !== known?.id) store.revokeKey(key.id, 'system', now);
    }
    if (known === null) store.addKey(operatorKey(options.newId(), adminKeyName, now), digest, null, now);
    return { generated: null };
  }
  if (live.some((key) => key.role === 'operator' && key.tenant === '*')) return { generated: null };
  const id = options.newId();
  const text = mintKey(id);
  store.addKey(operatorKey(id, 'first key', now), digestOf(text).toString('hex'), null, now);
  return { generated: text };
}

/** A new operator key in the place of all there are, but for that of the environment, which is not ours to change. */
export function resetOperatorKey(
  store: Store,
  { newId, now }: { newId: () => string; now: number },
): { readonly text: string; readonly revoked: number; readonly ofEnvironment: boolean } {
  const operators = store
    .keys(null)
    .filter(({ role, tenant, revokedAt }) => role === 'operator' && tenant === '*' && revokedAt === null);
  const ours = operators.filter(({ name }) => name !== adminKeyName);
  const id = newId();
  const text = mintKey(id);
  // First the new one: whatever happens between the two, somebody gets in.
  store.addKey(operatorKey(id, 'reset key', now), digestOf(text).toString('hex'), 'host', now);
  for (const key of ours) store.revokeKey(key.id, 'host', now);
  return { text, revoked: ours.length, ofEnvironment: operators.length > ours.length };
}

function operatorKey(id: string, name: string, now: number): ApiKeyRow {
  return {
    id,
    tenant: '*',
    name,
    role: 'operator',
    scopes: [],
    createdAt: now,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
  };
}
