import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { FaultsReporter } from './src/testing/faults/reporter.ts';

/** Stories on real processes take longest: begun first, none of them is left over for one processor at the end. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const long = ({ moduleId }: TestSpecification) =>
      /\.e2e\.test\.ts$|(^|\/)(build|guards|simulation|fuzz)\.test\.ts$/.test(moduleId);
    return [...sorted.filter(long), ...sorted.filter((file) => !long(file))];
  }
}

export default defineConfig({
  test: {
    include: ['{src,rules,channels,analysis,scripts,bench}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ['src/testing/compiled-threads.ts'],
    reporters: ['default', new FaultsReporter()],
    sequence: { sequencer: LongFirst },
    pool: 'forks',
    // A process of its own for every file would spend most of the time on starting and on importing the same modules. No
    // test replaces a module; what one puts into the process (a spy, a variable) it takes away again.
    isolate: false,
    // Many tests wait for processes, disks and sockets: as many files at once as there are processors.
    maxWorkers: '100%',
  },
});
