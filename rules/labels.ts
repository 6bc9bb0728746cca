// Label sets: built here and nowhere else, so that two equal sets are equal as text whatever order they came in.
import type { Labels } from './types.ts';

const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Whether a label may not have this name: it would reach into an object's prototype wherever somebody is careless.
 * The edges refuse such a label and say so; `labelSet` leaves it out as the last line of defence.
 */
export function isForbiddenName(name: string): boolean {
  return forbiddenNames.has(name);
}

/**
 * What label sets are made of: nothing is inherited, as without a prototype, of which V8 makes a hash table: six labels
 * take 95 bytes this way and 568 that way.
 */
const Bare = function Bare() {} as unknown as new () => Record<string, string>;
Bare.prototype = Object.freeze(Object.create(null));

/** Whether it was built here. */
export function isLabelSet(value: object): value is Labels {
  return Object.getPrototypeOf(value) === Bare.prototype;
}

function freeze(entries: (readonly [string, string])[]): Labels {
  entries.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const labels = new Bare();
  for (const [name, value] of entries) labels[name] = value;
  return Object.freeze(labels);
}

/** Reads what was written of a label set, as JSON; what else is in the text is nobody's business here. */
export function labelsOfText(json: string): Labels {
  const written = JSON.parse(json) as Readonly<Record<string, string>>;
  const labels = new Bare();
  for (const name in written) labels[name] = written[name]!;
  return Object.freeze(labels);
}

/** A label set whose names are in order already, as `labelNames` gives them; equally many values. */
export function labelsInOrder(names: readonly string[], values: readonly string[]): Labels {
  const labels = new Bare();
  for (let i = 0; i < names.length; i++) labels[names[i]!] = values[i]!;
  return Object.freeze(labels);
}

/** The set without labels. */
export const emptyLabels: Labels = freeze([]);

/**
 * Builds a label set from a record or from entries (the last of equal names wins). An empty value is the same as no
 * label. Keys are sorted by code unit; names that look like integers come first in enumeration, because JavaScript
 * enumerates those first whatever was done, so whoever needs the order for an identity uses `canonicalLabels`.
 */
export function labelSet(
  from: Readonly<Record<string, string>> | Iterable<readonly [string, string]>,
): Labels {
  const entries =
    Symbol.iterator in from ? (from as Iterable<readonly [string, string]>) : Object.entries(from);
  const last = new Map<string, string>();
  for (const [name, value] of entries) last.set(name, value);
  return freeze([...last].filter(([name, value]) => value !== '' && !forbiddenNames.has(name)));
}

/** Label names in ascending code-unit order, integer-like names included. */
export function labelNames(labels: Labels): string[] {
  const names = Object.keys(labels);
  for (let i = 1; i < names.length; i++) if (names[i - 1]! > names[i]!) return names.sort();
  return names;
}

/** JSON object text with sorted keys: two sets have the same text exactly when they are equal. */
export function canonicalLabels(labels: Labels): string {
  let text = '{';
  for (const name of labelNames(labels)) {
    if (text.length > 1) text += ',';
    text += `${JSON.stringify(name)}:${JSON.stringify(labels[name])}`;
  }
  return `${text}}`;
}

/** One set out of several; of equal names the later set's value wins. */
export function mergeLabels(...sets: readonly Labels[]): Labels {
  return labelSet(sets.flatMap((set) => Object.entries(set)));
}

/** The set without one name; the same object when it has no such label. */
export function withoutLabel(labels: Labels, name: string): Labels {
  if (labels[name] === undefined) return labels;
  return labelSet(Object.entries(labels).filter(([other]) => other !== name));
}
