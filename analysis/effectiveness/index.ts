// What rules are worth to the people who hear of them, and how they could be tuned.
export * from './candidates.ts';
export * from './choose.ts';
export * from './episode.ts';
export * from './figures.ts';
export * from './late.ts';
export * from './noise.ts';
export * from './proof.ts';
export * from './rank.ts';
