const forbiddenNames = new Set(['__proto__', 'constructor', 'prototype']);
/**
 * Whether a label may not have this name: it would reach into an object's prototype wherever somebody is careless.
 * The edges refuse such a label and say so; `labelSet` leaves it out as the last line of defence.
 */
export function isForbiddenName(name) {
  return forbiddenNames.has(name);
}
function freeze(entries) {
  entries.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const labels = Object.create(null);
  for (const [name, value] of entries) labels[name] = value;
  return Object.freeze(labels);
}
/** The set without labels. */
export const emptyLabels = freeze([]);
/**
 * Builds a label set from a record or from entries (the last of equal names wins). An empty value is the same as no
 * label. Keys are sorted by code unit; names that look like integers come first in enumeration, because JavaScript
 * enumerates those first whatever was done, so whoever needs the order for an identity uses `canonicalLabels`.
 */
export function labelSet(from) {
  const entries = Symbol.iterator in from ? from : Object.entries(from);
  const last = new Map();
  for (const [name, value] of entries) last.set(name, value);
  return freeze([...last].filter(([name, value]) => value !== '' && !forbiddenNames.has(name)));
}
/** Label names in ascending code-unit order, integer-like names included. */
export function labelNames(labels) {
  const names = Object.keys(labels);
  for (let i = 1; i < names.length; i++) if (names[i - 1] > names[i]) return names.sort();
  return names;
}
/** JSON object text with sorted keys: two sets have the same text exactly when they are equal. */
export function canonicalLabels(labels) {
  let text = '{';
  for (const name of labelNames(labels)) {
    if (text.length > 1) text += ',';
    text += `${JSON.stringify(name)}:${JSON.stringify(labels[name])}`;
  }
  return `${text}}`;
}
/** One set out of several; of equal names the later set's value wins. */
export function mergeLabels(...sets) {
  return labelSet(sets.flatMap((set) => Object.entries(set)));
}
/** The set without one name; the same object when it has no such label. */
export function withoutLabel(labels, name) {
  if (labels[name] === undefined) return labels;
  return labelSet(Object.entries(labels).filter(([other]) => other !== name));
}
//# sourceMappingURL=labels.js.map
