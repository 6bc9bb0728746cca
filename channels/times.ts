// Times and spans as people read them in a message.
import { timeZone } from '../rules/time-zone.ts';
import type { Texts } from './texts.ts';

const minuteMs = 60_000;

/** `2023-11-14 22:13:20 UTC`, or in another zone with its offset, `2023-11-15 06:13:20 +08:00`. */
export function timeText(at: number, zone: string | undefined): string {
  const found = zone === undefined || zone === 'UTC' ? null : timeZone(zone);
  if (found === null) return `${dateText(at)} UTC`;
  const { offsetMs } = found.spanAt(at);
  return `${dateText(at + offsetMs)} ${offsetText(offsetMs)}`;
}

function dateText(at: number): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, -14)} ${iso.slice(-13, -5)}`;
}

function offsetText(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / minuteMs;
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}

const unitSeconds = [86_400, 3_600, 60, 1] as const;

/** The two largest units of a span, `1 h 5 min`; null below a second, of which nobody wants to read. */
export function spanText(ms: number, { units }: Pick<Texts, 'units'>): string | null {
  const seconds = Math.floor(ms / 1_000);
  if (!(seconds >= 1)) return null;
  const first = unitSeconds.findIndex((unit) => seconds >= unit);
  const count = Math.floor(seconds / unitSeconds[first]!);
  const head = `${count}${units[first]}`;
  const next = unitSeconds[first + 1];
  const rest = next === undefined ? 0 : Math.floor((seconds - count * unitSeconds[first]!) / next);
  return rest === 0 ? head : `${head} ${rest}${units[first + 1]}`;
}
