// The rota of a schedule: its layers and overrides laid over one another. Pure; times are epoch milliseconds.
import { layerShifts, type Span } from './layer-shifts.ts';
import { type Override, type Schedule, type Shift, scheduleLimits } from './schedule.ts';
import { zoneOf } from './wall-clock.ts';

/** Who is on call at `at`, first the one that is to be asked first; empty: nobody. */
export function onCallAt(schedule: Schedule, at: number): readonly string[] {
  return shifts(schedule, at, at + 1)[0]?.people ?? [];
}

/**
 * The shifts from `from` to before `to`, in their order and without overlaps, cut to the two. A turn that an override
 * interrupts is two. Nobody is on call between a shift and one that does not begin where it ends.
 */
export function shifts(schedule: Schedule, from: number, to: number): readonly Shift[] {
  const zone = zoneOf(schedule.timeZone);
  const overrides = schedule.overrides.filter((one) => one.from < to && one.to > from);
  let rota: readonly Shift[] = [];
  for (const layer of schedule.layers) {
    const own = layerShifts(layer, zone, from, to);
    const instead = overridden(
      overrides.filter((one) => one.layer === layer.name),
      from,
      to,
    );
    rota = laidOver(rota, instead.length === 0 ? own : laidOver(own, within(instead, own)));
  }
  const whole = overridden(
    overrides.filter((one) => one.layer === null),
    from,
    to,
  );
  return whole.length === 0 ? rota : laidOver(rota, whole);
}

/** The first time from `from` to before `to` at which nobody is on call; null: there is none. */
export function firstGap(schedule: Schedule, from: number, to: number): Span | null {
  let covered = from;
  for (const { start, end } of shifts(schedule, from, to)) {
    if (start > covered) return { start: covered, end: start };
    covered = end;
  }
  return covered < to ? { start: covered, end: to } : null;
}

/** Who is on call, and who comes after. */
export interface Watch {
  readonly people: readonly string[];
  /** What it comes from; null: nobody is on call. */
  readonly shift: Shift | null;
  /** When others are on call, or nobody; null: not within the horizon. */
  readonly until: number | null;
  /** Whoever is on call next, and from when: later than `until` where nobody is between. */
  readonly next: { readonly people: readonly string[]; readonly from: number } | null;
}

/** A day, a month and all: who is next is mostly found in the first. */
const looksMs = [86_400_000, 32 * 86_400_000, scheduleLimits.horizonMs];

export function watchAt(schedule: Schedule, at: number): Watch {
  let watch: Watch | null = null;
  for (const ms of looksMs) {
    watch = watchWithin(schedule, at, at + ms);
    if (watch.next !== null) break;
  }
  return watch!;
}

function watchWithin(schedule: Schedule, at: number, to: number): Watch {
  const ahead = shifts(schedule, at, to);
  const shift = ahead[0]?.start === at ? ahead[0] : null;
  const people = shift?.people ?? [];
  let until = at;
  let next: Shift | null = null;
  for (const one of ahead) {
    if (one.start === until && sameNames(one.people, people)) until = one.end;
    else {
      next = one;
      break;
    }
  }
  if (shift === null) until = next?.start ?? to;
  return {
    people,
    shift,
    until: until < to ? until : null,
    next: next === null ? null : { people: next.people, from: next.start },
  };
}

const sameNames = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((name, i) => name === b[i]);

/** Overrides as shifts, the later one over the earlier. */
function overridden(overrides: readonly Override[], from: number, to: number): readonly Shift[] {
  return overrides.reduce<readonly Shift[]>((below, override) => {
    const start = Math.max(from, override.from);
    const end = Math.min(to, override.to);
    if (start >= end) return below;
    return laidOver(below, [{ start, end, people: [override.person], layer: override.layer, override }]);
  }, []);
}

/** Two rows of shifts, each in its order and without overlaps, as one: `above` where it has somebody, else `below`. */
function laidOver(below: readonly Shift[], above: readonly Shift[]): readonly Shift[] {
  if (below.length === 0) return above;
  if (above.length === 0) return below;
  const rows: Shift[] = [];
  let next = 0;
  for (const shift of below) {
    let { start } = shift;
    while (next < above.length && above[next]!.start < shift.end) {
      const over = above[next]!;
      if (over.start > start) rows.push({ ...shift, start, end: over.start });
      if (over.end > start) start = over.end;
      if (over.end > shift.end) break;
      rows.push(over);
      next += 1;
    }
    if (start < shift.end) rows.push(start === shift.start ? shift : { ...shift, start });
  }
  return [...rows, ...above.slice(next)];
}

/** What of `overrides` lies within `shifts`, cut at their edges: of a layer that has nobody there is nothing to take over. */
function within(overrides: readonly Shift[], shifts: readonly Shift[]): Shift[] {
  const found: Shift[] = [];
  let first = 0;
  for (const override of overrides) {
    while (first < shifts.length && shifts[first]!.end <= override.start) first += 1;
    for (let i = first; i < shifts.length && shifts[i]!.start < override.end; i++) {
      const start = Math.max(override.start, shifts[i]!.start);
      const end = Math.min(override.end, shifts[i]!.end);
      found.push({ ...override, start, end });
    }
  }
  return found;
}
