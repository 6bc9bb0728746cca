// The oracle of what holds alerts back: silences and inhibition by a model of its own, fed with the events that were
// committed, and never by asking the pipeline. For every alert it knows whether it is held back now, and when that ended.
import type { Labels } from '../../../rules/types.ts';
import type { InhibitRule } from '../../pipeline/routing.ts';
import type { EventRow } from '../../pipeline/rows.ts';
import { takes, type Written } from './takes.ts';
import type { World } from './world.ts';

/** What one silence said from one change to the next. */
interface Said {
  readonly id: string;
  readonly tenant: string;
  readonly matchers: readonly Written[];
  readonly startsAt: number;
  readonly endsAt: number;
  readonly since: number;
  until: number;
}

/** An alert that fired, as inhibition sees it. */
interface Known {
  readonly id: string;
  readonly tenant: string;
  labels: Labels;
  fires: boolean;
  /** `<rule> <values of equal>` of the rules that have it as their source, and as their target. */
  sourceOf: readonly string[];
  targetOf: readonly string[];
  inhibited: boolean;
  /** When it was not inhibited any more. */
  freedAt: number;
  resolvedAt: number;
}

/** Whether something holds an alert back, and until when something did. */
export interface Hold {
  readonly by: 'silenced' | 'inhibited' | null;
  /** When the last thing that held it ended; 0: nothing did. */
  readonly endedAt: number;
}

const forgottenAfterMs = 2 * 3_600_000;

export class Holding {
  readonly #world: World;
  readonly #said: Said[] = [];
  /** By tenant and labels: what of `#said` takes them, as far as it was looked through. */
  readonly #taken = new Map<string, { seen: number; readonly said: Said[] }>();
  /** By id: what fires, and what ended not long ago. */
  readonly #known = new Map<string, Known>();
  /** `<tenant> <rule> <values>` → ids. */
  readonly #sources = new Map<string, Set<string>>();
  readonly #targets = new Map<string, Set<string>>();
  #rules: readonly InhibitRule[];

  constructor(world: World) {
    this.#world = world;
    this.#rules = world.routing.inhibit ?? [];
  }

  // -- what happens ---------------------------------------------------------------------------------------------

  onEvent({ kind, subjectId: id, tenant, body, at }: EventRow): void {
    switch (kind) {
      case 'silence.created':
      case 'silence.changed':
      case 'silence.expired': {
        const before = this.#said.findLast((said) => said.id === id);
        if (before) before.until = Math.min(before.until, at);
        if (kind === 'silence.expired') return;
        const { matchers, startsAt, endsAt } = body as unknown as Pick<
          Said,
          'matchers' | 'startsAt' | 'endsAt'
        >;
        this.#said.push({
          id,
          tenant,
          matchers,
          startsAt,
          endsAt,
          since: at,
          until: Number.POSITIVE_INFINITY,
        });
        return;
      }
      case 'alert.firing': {
        const row = this.#world.journal.alerts.get(id)?.row;
        if (!row) return;
        const labels = { ...row.labels, severity: row.effectiveSeverity };
        const fresh = { fires: true, inhibited: false, freedAt: 0, resolvedAt: Number.POSITIVE_INFINITY };
        const known: Known = { id, tenant, labels, sourceOf: [], targetOf: [], ...fresh };
        this.#known.set(id, known);
        this.#place(known);
        this.#lookAround(known, at);
        return;
      }
      case 'alert.severity_changed': {
        const known = this.#known.get(id);
        if (!known) return;
        const shut = this.#take(known);
        known.labels = { ...known.labels, severity: String(body.to) };
        this.#place(known);
        this.#lookAround(known, at, shut);
        return;
      }
      case 'alert.resolved': {
        const known = this.#known.get(id);
        if (!known) return;
        const shut = this.#take(known);
        known.fires = false;
        known.resolvedAt = at;
        this.#place(known);
        this.#lookAround(known, at, shut);
        this.#forget(at);
        return;
      }
      default:
    }
  }

  /** The operator's tree, with other rules perhaps. */
  routed(at: number): void {
    this.#rules = this.#world.routing.inhibit ?? [];
    this.#sources.clear();
    this.#targets.clear();
    for (const known of this.#known.values()) this.#place(known);
    for (const known of this.#known.values()) this.#look(known, at);
  }

  // -- what is asked --------------------------------------------------------------------------------------------

  /** Of an alert or an event with these labels, as routes read them. */
  of(id: string, tenant: string, labels: Labels, now: number): Hold {
    let endedAt = 0;
    let silenced = false;
    for (const said of this.#taking(tenant, labels)) {
      const from = Math.max(said.since, said.startsAt);
      const to = Math.min(said.until, said.endsAt);
      if (from > now || from >= to) continue;
      if (to > now) silenced = true;
      else endedAt = Math.max(endedAt, to);
    }
    const known = this.#known.get(id);
    const inhibited = known ? known.inhibited : this.#holdsAny(id, tenant, labels);
    endedAt = Math.max(endedAt, known?.freedAt ?? 0);
    return { by: silenced ? 'silenced' : inhibited ? 'inhibited' : null, endedAt };
  }

  /** Matchers are never written into: what is new is matched once with each label set. */
  #taking(tenant: string, labels: Labels): readonly Said[] {
    const key = `${tenant}\n${JSON.stringify(labels)}`;
    let taken = this.#taken.get(key);
    if (taken === undefined) {
      taken = { seen: 0, said: [] };
      this.#taken.set(key, taken);
    }
    for (; taken.seen < this.#said.length; taken.seen++) {
      const said = this.#said[taken.seen]!;
      if (said.tenant === tenant && takes(said.matchers, labels)) taken.said.push(said);
    }
    return taken.said;
  }

  /** Whether this silence holds something back now, or this alert is a source that fires. */
  lives(id: string, now: number): boolean {
    const said = this.#said.findLast((each) => each.id === id);
    if (said) return said.until === Number.POSITIVE_INFINITY && said.endsAt > now;
    return this.#known.get(id)?.fires === true;
  }

  /** Silences of a tenant that are not over, as they were committed. */
  open(tenant: string, now: number): readonly Said[] {
    return this.#said.filter(
      (said) => said.tenant === tenant && said.until === Number.POSITIVE_INFINITY && said.endsAt > now,
    );
  }

  /** What was committed of a silence last. */
  last(id: string): Said | undefined {
    return this.#said.findLast((said) => said.id === id);
  }

  // -- inhibition -----------------------------------------------------------------------------------------------

  #keys(side: 'source' | 'target', tenant: string, labels: Labels): readonly string[] {
    return this.#rules
      .filter((rule) => takes(rule[side], labels))
      .map(
        ({ name, equal }) => `${tenant} ${name} ${JSON.stringify(equal.map((each) => labels[each] ?? ''))}`,
      );
  }

  #place(known: Known): void {
    known.sourceOf = this.#keys('source', known.tenant, known.labels);
    known.targetOf = this.#keys('target', known.tenant, known.labels);
    if (known.fires) for (const key of known.sourceOf) into(this.#sources, key, known.id);
    for (const key of known.targetOf) into(this.#targets, key, known.id);
  }

  /** Source of one rule and target of another: it may be part of a circle. */
  #links(known: Known): boolean {
    return this.#rules.length > 1 && known.sourceOf.length > 0 && known.targetOf.length > 0;
  }

  /** Out of every rule; answers those that it may have held, which is anybody where a circle may come open. */
  #take(known: Known): ReadonlySet<string> {
    const held = new Set<string>();
    for (const key of known.sourceOf) {
      this.#sources.get(key)?.delete(known.id);
      for (const id of this.#targets.get(key) ?? []) held.add(id);
    }
    if (this.#links(known)) for (const id of this.#known.keys()) held.add(id);
    for (const key of known.targetOf) this.#targets.get(key)?.delete(known.id);
    return held;
  }

  #lookAround(known: Known, at: number, more: ReadonlySet<string> = new Set()): void {
    const touched = new Set([known.id, ...more]);
    for (const key of known.sourceOf) for (const id of this.#targets.get(key) ?? []) touched.add(id);
    // A circle may have closed anywhere.
    for (const id of this.#links(known) ? this.#known.keys() : touched) {
      const each = this.#known.get(id);
      if (each && each.tenant === known.tenant) this.#look(each, at);
    }
  }

  #look(known: Known, at: number): void {
    const held = known.targetOf.length > 0 && this.#holds(known);
    if (known.inhibited && !held) known.freedAt = at;
    known.inhibited = held;
  }

  /** Firing alerts that hold it back by a rule, one by one. */
  #over(known: Known): readonly Known[] {
    return known.targetOf.flatMap((key) =>
      [...(this.#sources.get(key) ?? [])].flatMap((id) => {
        const source = this.#known.get(id);
        const both = known.sourceOf.includes(key) && source?.targetOf.includes(key) === true;
        return source && id !== known.id && !both ? [source] : [];
      }),
    );
  }

  #holds(known: Known): boolean {
    return this.#over(known).some((source) => !known.fires || !this.#above(source).has(known));
  }

  /** What holds this one back, and what holds that back, to the end. */
  #above(known: Known): ReadonlySet<Known> {
    const seen = new Set<Known>();
    const open = [known];
    for (let at = open.pop(); at; at = open.pop()) {
      for (const source of this.#over(at)) {
        if (seen.has(source)) continue;
        seen.add(source);
        open.push(source);
      }
    }
    return seen;
  }

  /** Of an event, which is nobody's source. */
  #holdsAny(id: string, tenant: string, labels: Labels): boolean {
    const row = { id, tenant, labels, fires: false, inhibited: false, freedAt: 0, resolvedAt: 0 };
    const targetOf = this.#keys('target', tenant, labels);
    return this.#holds({ ...row, targetOf, sourceOf: this.#keys('source', tenant, labels) });
  }

  #forget(now: number): void {
    for (const known of this.#known.values()) {
      if (known.resolvedAt > now - forgottenAfterMs) return;
      if (known.inhibited) continue;
      this.#take(known);
      this.#known.delete(known.id);
    }
  }
}

function into(map: Map<string, Set<string>>, key: string, id: string): void {
  const ids = map.get(key);
  if (ids) ids.add(id);
  else map.set(key, new Set([id]));
}
