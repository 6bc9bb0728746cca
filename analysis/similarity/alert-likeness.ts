// How alike two alerts are, by their labels and their words. Both are sets of hashes, compared by Jaccard's index: numbers
// and long ids in texts differ between alerts that mean the same and are left out.
import { fnv32 } from '../fnv32.ts';
import type { AlertSignal } from '../signals.ts';

const mostTokens = 32;

/** Sorted hashes; plain numbers, so that it can be saved. */
export interface Face {
  readonly labels: readonly number[];
  readonly words: readonly number[];
}

const sorted = (tokens: Set<number>): number[] => [...tokens].sort((a, b) => a - b);

/** What is compared of an alert: label pairs without the severity, and the words of its text. */
export function faceOf({ name, labels, text }: Pick<AlertSignal, 'name' | 'labels' | 'text'>): Face {
  const pairs = new Set([fnv32(`alertname\u0000${name}`)]);
  for (const label in labels) {
    if (label === 'severity' || label === 'alertname') continue;
    if (pairs.size >= mostTokens) break;
    pairs.add(fnv32(`${label}\u0000${labels[label]}`));
  }
  const words = new Set<number>();
  for (const [word] of text
    .slice(0, 500)
    .toLowerCase()
    .matchAll(/[\p{L}_-]{2,}/gu)) {
    if (words.size >= mostTokens) break;
    words.add(fnv32(word));
  }
  return { labels: sorted(pairs), words: sorted(words) };
}

/** Size of the cut over the size of the union, of sorted lists; two empty ones are not alike. */
function jaccard(a: readonly number[], b: readonly number[]): number {
  let both = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const x = a[i]!;
    const y = b[j]!;
    if (x === y) both += 1;
    if (x <= y) i += 1;
    if (y <= x) j += 1;
  }
  const all = a.length + b.length - both;
  return all === 0 ? 0 : both / all;
}

/** 0 … 1. Labels alone where one of them has no words. */
export function likeness(a: Face, b: Face): number {
  const labels = jaccard(a.labels, b.labels);
  if (a.words.length === 0 || b.words.length === 0) return labels;
  return (labels + jaccard(a.words, b.words)) / 2;
}
