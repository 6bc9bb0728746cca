import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { checkBatching } from './batching.ts';
import { huntMutant } from './hunt.ts';
import { mutants } from './mutants.ts';
import { simulate } from './simulate.ts';

describe('the simulation', () => {
  // Crashes, failed commits, failing providers, edited rules and routes. `npm run sim` goes on from here.
  it.each([2, 4, 5, 9])('finds nothing in an hour of seed %i', async (seed) => {
    const { violation } = await simulate({ seed, hours: 1 });
    expect(violation).toBeNull();
  });

  it('says the same of the same seed', async () => {
    const [one, two] = [await simulate({ seed: 5, hours: 0.5 }), await simulate({ seed: 5, hours: 0.5 })];
    expect(two.digest).toBe(one.digest);
    expect(two.steps).toBe(one.steps);
    expect((await simulate({ seed: 6, hours: 0.5 })).digest).not.toBe(one.digest);
  });

  it('says the same from one process, this one, and from two', async () => {
    const command = ['scripts/sim.mjs', '--seeds', '1-3', '--hours', '0.1', '--workers', '2'];
    const { stdout } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    const two = [...stdout.matchAll(/seed (\d+) .*digest (\w+)/g)].map(([, seed, digest]) => [seed, digest]);
    const one: string[][] = [];
    for (const seed of [1, 2, 3]) one.push([`${seed}`, (await simulate({ seed, hours: 0.1 })).digest]);
    expect(two).toEqual(one);
  });

  it.each([1, 2])('has the same episodes however stream %i is split, and over restarts', async (seed) => {
    expect(await checkBatching(seed)).toBeNull();
  });

  it.each(['lost delivery', 'lost idempotency', 'answered before the commit'])(
    'finds the planted bug "%s"',
    async (name) => {
      const mutant = mutants.find((each) => each.name === name)!;
      expect(await huntMutant(mutant, 1)).not.toBeNull();
    },
  );
});
