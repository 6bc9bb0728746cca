// What the room shows to programs that use Tocsin as a library: `import … from 'tocsin/analysis'`.
export * from './detectors/index.ts';
