import { defineConfig } from 'vitest/config';
import { FaultsReporter } from './src/testing/faults/reporter.ts';

export default defineConfig({
  test: {
    include: ['{src,rules,channels,analysis,scripts,bench}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new FaultsReporter()],
    pool: 'forks',
    // Many tests wait for processes, disks and sockets: as many files at once as there are processors.
    maxWorkers: '100%',
  },
});
