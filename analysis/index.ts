// What the room shows to programs that use Tocsin as a library: `import … from 'tocsin/analysis'`.
export * from './detectors/index.ts';
export * from './effectiveness/index.ts';
export * from './incidents/index.ts';
export * from './patterns/index.ts';
export * from './patterns/pattern.ts';
export * from './root-cause/hypothesis.ts';
export {
  findRootCause,
  limits as rootCauseLimits,
  type RootCauseInput,
  type RootCauseOptions,
} from './root-cause/root-cause.ts';
export * from './signals.ts';
export * from './topology/index.ts';
