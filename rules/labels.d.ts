import type { Labels } from './types.ts';
/**
 * Whether a label may not have this name: it would reach into an object's prototype wherever somebody is careless.
 * The edges refuse such a label and say so; `labelSet` leaves it out as the last line of defence.
 */
export declare function isForbiddenName(name: string): boolean;
/** The set without labels. */
export declare const emptyLabels: Labels;
/**
 * Builds a label set from a record or from entries (the last of equal names wins). An empty value is the same as no
 * label. Keys are sorted by code unit; names that look like integers come first in enumeration, because JavaScript
 * enumerates those first whatever was done, so whoever needs the order for an identity uses `canonicalLabels`.
 */
export declare function labelSet(
  from: Readonly<Record<string, string>> | Iterable<readonly [string, string]>,
): Labels;
/** Label names in ascending code-unit order, integer-like names included. */
export declare function labelNames(labels: Labels): string[];
/** JSON object text with sorted keys: two sets have the same text exactly when they are equal. */
export declare function canonicalLabels(labels: Labels): string;
/** One set out of several; of equal names the later set's value wins. */
export declare function mergeLabels(...sets: readonly Labels[]): Labels;
/** The set without one name; the same object when it has no such label. */
export declare function withoutLabel(labels: Labels, name: string): Labels;
