import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,rules,channels,analysis,scripts,bench}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
});
