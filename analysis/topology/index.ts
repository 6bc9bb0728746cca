export * from './graph.ts';
export * from './topology.ts';
