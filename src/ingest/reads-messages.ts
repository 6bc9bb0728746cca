// What the main thread and the thread of reads say to each other.
import type { RangeAnswer, RangeQuery, SeriesAnswer, SeriesQuery } from './range-read.ts';

export type ToReads =
  | { readonly kind: 'range'; readonly query: RangeQuery }
  | { readonly kind: 'list'; readonly query: SeriesQuery };

export type FromReads =
  | { readonly kind: 'ready' }
  | { readonly kind: 'range'; readonly answer: RangeAnswer }
  | { readonly kind: 'list'; readonly answer: SeriesAnswer }
  | { readonly kind: 'too_many' };
