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
/** A provider that asks for more patience than this is asked again anyway. */
const longestHoldMs = 3_600_000;

/** Channels that are gone and whose calls are known still. */
const mostGone = 1_000;

/** Calls that are counted together. */
interface Meter {
  readonly log: CallLog;
  windows: readonly Window[];
  heldUntil: number;
}

/** A call under way; `end` is to be called once. */
export interface CountedCall {
  end(now: number): void;
}

/** One call of before the start. */
export interface PastCall {
  readonly channel: string;
  readonly tenant: string;
  readonly at: number;
}

export class Limiter {
  readonly #own = new Map<string, Meter>();
  readonly #account = new Map<string, Meter>();
  /** Which account a channel has, and the windows that it brings along. */
  readonly #shares = new Map<string, { readonly id: string; readonly windows: readonly Window[] }>();
  /** What was counted of channels that are gone: one that comes back under its name goes on there. */
  readonly #gone = new Map<string, { readonly id: string; readonly own: Meter; readonly account: Meter }>();
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
    // The recipients of a channel never change: what is granted for one is granted for the channel.
    const own = granted.filter(({ scope }) => scope !== 'account');
    const account = channel.definition.account?.(channel.settings);
    const id = account === undefined ? `channel ${name}` : `${channel.type} ${account}`;
    this.remove(name);
    const before = this.#gone.get(name);
    this.#gone.delete(name);
    const same = before?.id === id ? before : undefined;
    const [other] = this.#with(id);
    const counted = other === undefined ? same?.account : this.#account.get(other);
    const meters = { own: same?.own ?? meterOf([]), account: counted ?? meterOf([]) };
    meters.own.windows = [...own, ...(channel.limits ?? [])];
    this.#own.set(name, meters.own);
    this.#account.set(name, meters.account);
    this.#shares.set(name, { id, windows: shared });
    this.#gather(meters.account, id);
  }

  /** A channel is gone. */
  remove(name: string): void {
    const share = this.#shares.get(name);
    if (share === undefined) return;
    const [own, account] = [this.#own.get(name)!, this.#account.get(name)!];
    for (const map of [this.#shares, this.#own, this.#account]) map.delete(name);
    this.#gather(account, share.id);
    this.#gone.set(name, { id: share.id, own, account });
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
    const all = [...this.#own.values(), ...this.#account.values()].flatMap(({ windows }) => windows);
    return longestOf([...all, ...this.#tenantWindows]);
  }

  /** Whether a call of the lane may begin on the channel, whoever's it is. */
  admit(channel: string, lane: Lane, now: number): Admission {
    return together(this.#ofChannel(channel), lane, now);
  }

  /** The same for what the tenant is granted, on whatever channel. */
  admitTenant(tenant: string, lane: Lane, now: number): Admission {
    const meter = this.#tenants.get(tenant);
    if (this.#tenantWindows.length === 0 || !meter) return { ok: true, room: mostOf(this.#tenantWindows) };
    return together([meter], lane, now);
  }

  begin(channel: string, tenant: string): CountedCall {
    const meters = [...this.#ofChannel(channel), ...this.#ofTenant(tenant)];
    const counting = meters.filter(({ windows }) => windows.length > 0);
    for (const { log } of counting) began(log);
    return {
      end: (now) => {
        for (const { log, windows } of counting) ended(log, now, longestOf(windows));
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
    for (const { channel, tenant, at } of calls) {
      for (const meter of [...this.#ofChannel(channel), ...this.#ofTenant(tenant)]) {
        if (meter.windows.length === 0) continue;
        const of = times.get(meter) ?? [];
        of.push(at);
        times.set(meter, of);
      }
    }
    for (const [{ log }, of] of times) remember(log, of, now);
  }

  #ofChannel(channel: string): Meter[] {
    const own = this.#own.get(channel);
    const account = this.#account.get(channel);
    return own && account ? [own, account] : [];
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

function ratesOf({ definition, settings }: OpenChannel): readonly RateWindow[] {
  return definition.rates?.(settings) ?? definition.limits.rates ?? [];
}

function meterOf(windows: readonly Window[]): Meter {
  return { log: emptyLog(), windows, heldUntil: 0 };
}

function mostOf(windows: readonly Window[]): number {
  return windows.reduce((least, { calls }) => Math.min(least, calls), Number.POSITIVE_INFINITY);
}

function together(meters: readonly Meter[], lane: Lane, now: number): Admission {
  let room = Number.POSITIVE_INFINITY;
  let until = 0;
  for (const meter of meters) {
    // A hold is never longer than what may be asked for, whatever a clock did that was set back.
    meter.heldUntil = Math.min(meter.heldUntil, now + longestHoldMs);
    if (meter.heldUntil > now) until = Math.max(until, meter.heldUntil);
    const admission = admit(meter.log, meter.windows, now, keptShare[lane]);
    if (admission.ok) room = Math.min(room, admission.room);
    else until = Math.max(until, admission.until);
  }
  return until > now ? { ok: false, until } : { ok: true, room };
}
