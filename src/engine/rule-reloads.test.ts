// Rules of files that are prepared in slices: whatever comes in between counts as if they had been taken over at once.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Problem, Rule } from '../../rules/types.ts';
import { thingsPerSlice } from '../slices.ts';
import { aRule } from '../testing/builders.ts';
import { Stage } from '../testing/stage.ts';

const actor = { name: 'key:ann' };
/** They take some slices to look at. */
const many = Array.from({ length: thingsPerSlice * 3 }, (_, n) =>
  aRule({ name: `Many${n}`, metric: 'other', threshold: 1_000, hash: `many ${n}` }),
);
const ofFile = (name: string, threshold: number): Rule => ({
  ...aRule({ name, threshold, hash: `${name} ${threshold}` }),
  origin: { kind: 'file', file: 'rules/host.yaml', line: 4, column: 5 },
});

let stage: Stage;
let told: (readonly Problem[])[];
beforeEach(() => {
  stage = new Stage({ rules: [] });
  told = [];
});
afterEach(() => stage.close());

const running = () =>
  stage.runtime.services
    .rules('default')
    .filter(({ name }) => !name.startsWith('Many'))
    .map((rule) => [rule.name, 'threshold' in rule && rule.threshold]);
const reload = (...rules: Rule[]) =>
  stage.runtime.reloadRules([...rules, ...many], (problems) => told.push(problems));
/** One callback of the loop, of which a slice is one. */
const oneSlice = () => stage.clock.step(stage.clock.now());
const order = async (given: Parameters<typeof stage.runtime.services.changeRule>[1]) => {
  const answer = stage.runtime.services.changeRule('default', given, actor, null);
  answer.catch(() => {}); // the caller sees it
  while ((await Promise.race([answer, Promise.resolve(null)])) === null) {
    stage.runtime.engine.turn();
    await new Promise(setImmediate);
  }
  return (await answer).body as { id: string };
};
const make = (name: string, threshold: number) =>
  order({ do: 'create', document: { name, metric: 'cpu', threshold } });

describe('rules that are prepared in slices', () => {
  it('run all at once when everything is prepared, and samples before that are judged by the old ones', async () => {
    stage.runtime.setRules([ofFile('Cpu', 80), ...many]);
    await stage.push(70);
    reload(ofFile('Cpu', 60));
    oneSlice();
    expect([told, running()]).toEqual([[], [['Cpu', 80]]]);
    const late = stage.runtime.services.push(
      'default',
      [{ index: 0, metric: 'cpu', labels: {}, value: 75 }],
      [],
    );
    stage.runtime.engine.turn();
    await late;
    expect(stage.events()).toEqual([]);
    expect(told).toEqual([]);
    await stage.advance(0);
    expect([told, running()]).toEqual([[[]], [['Cpu', 60]]]);
    await stage.advance(1_000);
    await stage.push(70);
    expect(stage.events()).toContain('alert.firing');
  });

  it('give way to newer ones, also to those that are taken at once', async () => {
    reload(ofFile('Cpu', 80));
    oneSlice();
    reload(ofFile('Cpu', 70));
    await stage.advance(0);
    expect([told, running()]).toEqual([[[]], [['Cpu', 70]]]);
    reload(ofFile('Cpu', 60));
    oneSlice();
    stage.runtime.setRules([ofFile('Cpu', 50)]);
    await stage.advance(0);
    expect([told, running()]).toEqual([[[]], [['Cpu', 50]]]);
  });

  it.each([1, 4, 6])('leave in place what was made through the API after %d slices', async (slices) => {
    const { id } = await make('Gone', 90);
    await stage.advance(0);
    reload(ofFile('Cpu', 80));
    for (let slice = 0; slice < slices; slice++) oneSlice();
    await make('Made', 70);
    await order({ do: 'delete', id, seen: null });
    expect(told).toEqual([]);
    await stage.advance(0);
    expect(told).toEqual([[]]);
    expect(running()).toEqual([
      ['Cpu', 80],
      ['Made', 70],
    ]);
    // Every part of the engine knows them.
    await stage.push(75);
    expect(stage.events().filter((event) => event === 'alert.firing')).toHaveLength(1);
  });

  it('are refused when one of their names was taken meanwhile, and run once it is free', async () => {
    reload(ofFile('Cpu', 80));
    oneSlice();
    const { id } = await make('Cpu', 70);
    await stage.advance(0);
    expect(told).toMatchObject([[{ file: 'rules/host.yaml', path: 'name' }]]);
    expect(running()).toEqual([['Cpu', 70]]);
    await order({ do: 'delete', id, seen: null });
    expect(running()).toEqual([['Cpu', 80]]);
  });

  it('are nobody’s business any more once the engine stops', async () => {
    reload(ofFile('Cpu', 80));
    oneSlice();
    await stage.runtime.close(0);
    await stage.advance(0);
    expect([told, running()]).toEqual([[], []]);
  });
});
