import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,rules,channels,analysis,scripts,bench}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Many tests wait for processes, disks and sockets: as many files at once as there are processors.
    maxWorkers: '100%',
  },
});
