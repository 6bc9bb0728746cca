// Keeps the calls of every channel within what its provider, its account and its tenants are granted, and holds a channel
// whose provider asked for patience.
import type { RateWindow } from '../../channels/channel.ts';
import type { Lane } from '../pipeline/rows.ts';
import {
  type Admission,
  admit,
  began,
  type CallLog,
  emptyLog,
  ended,
  longestOf,
  remember,
  type Window,
} from '../policy/rate-limit.ts';
import type { OpenChannel } from './open-channels.ts';

/** Of every window this share is left to what is more urgent, so that a storm of the others never takes the last call. */
const keptShare: Readonly<Record<Lane, number>> = { high: 0, normal: 1 / 8, low: 1 / 4 };
/** A lane that was refused for so long, or for as long as a window, is no longer held back for the sake of the others. */
const shortestTurnMs = 60_000;
const longestTurnMs = 600_000;
/** People on channels of whom is known when they were told. */
const mostPeople = 100_000;
/** A provider that asks for more patience than this is asked again anyway. */
const longestHoldMs = 3_600_000;
/** So long after it asked for patience a provider is called as if it granted one call at a time. */
const gentleMs = 600_000;

/** Channels that are gone and whose calls are known still. */
const mostGone = 1_000;

/** Calls that are counted together. */
interface Meter {
  readonly log: CallLog;
  windows: readonly Window[];
  heldUntil: number;
  /** Since when a lane is refused that is not the first. */
  readonly refusedSince: Map<Lane, number>;
}

/** A call under way; `end` or `cancel` is to be called once. */
export interface CountedCall {
  /** How far back the windows reach that count it, milliseconds; 0: none does. */
  readonly reachMs: number;
  end(now: number): void;
  /** It was never made. */
  cancel(): void;
}

/** One call of before the start. */
export interface PastCall {
  readonly channel: string;
  readonly tenant: string;
  /** Null: the recipients of the configuration. */
  readonly person: string | null;
  readonly at: number;
}

export class Limiter {
  readonly #own = new Map<string, Meter>();
  readonly #account = new Map<string, Meter>();
  /** What is granted for a recipient: for those of the configuration, and for people by `channel\nperson`. */
  readonly #place = new Map<string, Meter>();
  readonly #people = new Map<string, Meter>();
  /** Which account a channel has, and the windows that it brings along. */
  readonly #shares = new Map<string, { readonly id: string; readonly windows: readonly Window[] }>();
  /** What was counted of channels that are gone: one that comes back under its name goes on there. */
  readonly #gone = new Map<
    string,
    { readonly id: string; readonly own: Meter; readonly place: Meter; readonly account: Meter }
  >();
  readonly #tenants = new Map<string, Meter>();
  readonly #tenantWindows: readonly Window[];

  constructor(channels: ReadonlyMap<string, OpenChannel>, tenantWindows: readonly Window[] = []) {
    this.#tenantWindows = tenantWindows;
    for (const [name, channel] of channels) this.put(name, channel);
  }

  /** A channel is there, or is another one than before: of the same account what was counted goes on. */
  put(name: string, channel: OpenChannel): void {
    const granted = ratesOf(channel);
    const shared = granted.filter(({ scope }) => scope === 'account');
    const own = granted.filter(({ scope }) => scope === 'channel');
    // The recipients of its configuration never change: what is granted for one is granted for all of them.
    const each = granted.filter(({ scope }) => scope === 'recipient');
    const account = channel.definition.account?.(channel.settings);
    // Whoever makes a channel says which account it is: what that comes to is kept from other tenants.
    const whose = channel.own === undefined ? '' : `${channel.own.tenant}/`;
    const id = account === undefined ? `channel ${name}` : `${whose}${channel.type} ${account}`;
    this.remove(name);
    const before = this.#gone.get(name);
    this.#gone.delete(name);
    const same = before?.id === id ? before : undefined;
    const [other] = this.#with(id);
    const counted = other === undefined ? same?.account : this.#account.get(other);
    const meters = {
      own: same?.own ?? meterOf([]),
      place: same?.place ?? meterOf([]),
      account: counted ?? meterOf([]),
    };
    meters.own.windows = [...own, ...(channel.limits ?? [])];
    meters.place.windows = each;
    this.#own.set(name, meters.own);
    this.#place.set(name, meters.place);
    this.#account.set(name, meters.account);
    this.#shares.set(name, { id, windows: shared });
    this.#gather(meters.account, id);
  }

  /** A channel is gone. */
  remove(name: string): void {
    const share = this.#shares.get(name);
    if (share === undefined) return;
    const [own, place, account] = [this.#own.get(name)!, this.#place.get(name)!, this.#account.get(name)!];
    for (const map of [this.#shares, this.#own, this.#place, this.#account]) map.delete(name);
    this.#gather(account, share.id);
    this.#gone.set(name, { id: share.id, own, place, account });
    if (this.#gone.size > mostGone) this.#gone.delete(this.#gone.keys().next().value ?? '');
  }

  #with(id: string): string[] {
    return [...this.#shares].flatMap(([name, share]) => (share.id === id ? [name] : []));
  }

  #gather(meter: Meter, id: string): void {
    meter.windows = this.#with(id).flatMap((name) => this.#shares.get(name)!.windows);
  }

  /** Whether something of the channel is counted; what waits behind that is merged. */
  limits(channel: string): boolean {
    return (
      this.#tenantWindows.length > 0 || this.#ofChannel(channel).some(({ windows }) => windows.length > 0)
    );
  }

  /** How far back the windows reach, milliseconds. */
  get reachMs(): number {
    const meters = [...this.#own.values(), ...this.#account.values(), ...this.#place.values()];
    const all = meters.flatMap(({ windows }) => windows);
    return longestOf([...all, ...this.#tenantWindows]);
  }

  /** Whether a call of the lane may begin on the channel, whoever's it is. */
  admit(channel: string, lane: Lane, now: number): Admission {
    return inTurn(this.#ofChannel(channel), lane, now);
  }

  /** The same for what is granted for one person on the channel. */
  admitPerson(channel: string, person: string, lane: Lane, now: number): Admission {
    return inTurn(this.#ofPerson(channel, person), lane, now);
  }

  /** The same for what the tenant is granted, on whatever channel. */
  admitTenant(tenant: string, lane: Lane, now: number): Admission {
    const meter = this.#tenants.get(tenant);
    if (this.#tenantWindows.length === 0 || !meter) return { ok: true, room: mostOf(this.#tenantWindows) };
    return inTurn([meter], lane, now);
  }

  /** Of each window that counts the channel's calls, those of its account with them: how many may begin now. */
  levels(channel: string, now: number): (Window & { readonly left: number })[] {
    return this.#ofChannel(channel).flatMap(({ log, windows, heldUntil }) =>
      windows.map((window) => {
        const admission = admit(log, [window], now);
        return { ...window, left: admission.ok && heldUntil <= now ? admission.room : 0 };
      }),
    );
  }

  /** The lane was refused for so long that it goes before the others. */
  overdue(channel: string, lane: Lane, now: number): boolean {
    return this.#ofChannel(channel).some((meter) => turnOf(meter, lane) <= now);
  }

  /** @param person Whom it is for; null: the recipients of the configuration. */
  begin(channel: string, tenant: string, lane: Lane, person: string | null = null): CountedCall {
    const meters = this.#counting(channel, tenant, person);
    for (const { refusedSince } of meters) refusedSince.delete(lane);
    const counting = meters.filter(({ windows }) => windows.length > 0);
    if (counting.length === 0) return uncounted;
    for (const { log } of counting) began(log);
    return {
      reachMs: longestOf(counting.flatMap(({ windows }) => windows)),
      end(now) {
        for (const { log, windows } of counting) ended(log, now, longestOf(windows));
      },
      cancel() {
        for (const { log } of counting) log.underWay -= 1;
      },
    };
  }

  /** The provider asked for patience. */
  hold(channel: string, scope: 'channel' | 'account', now: number, forMs: number): void {
    const meter = scope === 'account' ? this.#account.get(channel) : this.#own.get(channel);
    if (meter) meter.heldUntil = Math.max(meter.heldUntil, now + Math.min(forMs, longestHoldMs));
  }

  /** Takes up the calls of before the start. */
  remember(calls: readonly PastCall[], now: number): void {
    const times = new Map<Meter, number[]>();
    for (const { channel, tenant, person, at } of calls) {
      for (const meter of this.#counting(channel, tenant, person)) {
        if (meter.windows.length === 0) continue;
        const of = times.get(meter) ?? [];
        of.push(at);
        times.set(meter, of);
      }
    }
    for (const [{ log, refusedSince }, of] of times) {
      remember(log, of, now);
      // Nobody knows how long the others have waited: each has one turn, or a process that dies often would serve none.
      for (const lane of ['normal', 'low'] as const) refusedSince.set(lane, now - longestTurnMs);
    }
  }

  #counting(channel: string, tenant: string, person: string | null): Meter[] {
    const ofChannel =
      person === null
        ? this.#ofChannel(channel)
        : [...this.#shared(channel), ...this.#ofPerson(channel, person)];
    return [...ofChannel, ...this.#ofTenant(tenant)];
  }

  #shared(channel: string): Meter[] {
    const own = this.#own.get(channel);
    const account = this.#account.get(channel);
    return own && account ? [own, account] : [];
  }

  #ofChannel(channel: string): Meter[] {
    const place = this.#place.get(channel);
    return place ? [...this.#shared(channel), place] : [];
  }

  #ofPerson(channel: string, person: string): Meter[] {
    const windows = this.#place.get(channel)?.windows ?? [];
    if (windows.length === 0) return [];
    const key = `${channel}\n${person}`;
    const meter = this.#people.get(key) ?? meterOf(windows);
    // To the end: whoever was told longest ago is forgotten first.
    this.#people.delete(key);
    this.#people.set(key, meter);
    if (this.#people.size > mostPeople) this.#people.delete(this.#people.keys().next().value!);
    return [meter];
  }

  #ofTenant(tenant: string): Meter[] {
    if (this.#tenantWindows.length === 0) return [];
    let meter = this.#tenants.get(tenant);
    if (!meter) {
      meter = meterOf(this.#tenantWindows);
      this.#tenants.set(tenant, meter);
    }
    return [meter];
  }
}

const uncounted: CountedCall = { reachMs: 0, end: () => {}, cancel: () => {} };

function ratesOf({ definition, settings }: OpenChannel): readonly RateWindow[] {
  return definition.rates?.(settings) ?? definition.limits.rates ?? [];
}

function meterOf(windows: readonly Window[]): Meter {
  return { log: emptyLog(), windows, heldUntil: 0, refusedSince: new Map() };
}

function mostOf(windows: readonly Window[]): number {
  return windows.reduce((least, { calls }) => Math.min(least, calls), Number.POSITIVE_INFINITY);
}

/** When a lane that is refused has its turn; infinite when it is not refused. */
function turnOf({ windows, refusedSince }: Meter, lane: Lane): number {
  const since = refusedSince.get(lane);
  if (since === undefined) return Number.POSITIVE_INFINITY;
  return since + Math.min(Math.max(longestOf(windows), shortestTurnMs), longestTurnMs);
}

/** As `together`; a lane that others left nothing is let through like the first one when it has its turn. */
function inTurn(meters: readonly Meter[], lane: Lane, now: number): Admission {
  const own = together(meters, lane, now);
  if (own.ok || lane === 'high') return own;
  let turn = 0;
  for (const meter of meters) {
    const since = meter.refusedSince.get(lane);
    // A clock that was set back starts the wait anew.
    if (since === undefined || since > now) meter.refusedSince.set(lane, now);
    turn = Math.max(turn, turnOf(meter, lane));
  }
  const first = together(meters, 'high', now);
  if (first.ok) return now >= turn ? first : { ok: false, until: Math.min(own.until, turn) };
  return { ok: false, until: Math.min(own.until, Math.max(turn, first.until)) };
}

function together(meters: readonly Meter[], lane: Lane, now: number): Admission {
  let room = Number.POSITIVE_INFINITY;
  let until = 0;
  for (const meter of meters) {
    // A hold is never longer than what may be asked for, whatever a clock did that was set back.
    meter.heldUntil = Math.min(meter.heldUntil, now + longestHoldMs);
    if (meter.heldUntil > now) until = Math.max(until, meter.heldUntil);
    // What waited for it goes in one call: each by itself would be too much again.
    else if (meter.heldUntil > now - gentleMs) room = Math.min(room, 1);
    const admission = admit(meter.log, meter.windows, now, keptShare[lane]);
    if (admission.ok) room = Math.min(room, admission.room);
    else until = Math.max(until, admission.until);
  }
  return until > now ? { ok: false, until } : { ok: true, room };
}
