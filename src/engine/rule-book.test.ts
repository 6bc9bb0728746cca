// Files and the API in one set of rules: names are unique over both.
import { afterEach, describe, expect, it } from 'vitest';
import { failingStore } from '../store/contract/failing-store.ts';
import { aRule } from '../testing/builders.ts';
import { Stage } from '../testing/stage.ts';

let stage: Stage;
afterEach(() => stage.close());

const actor = { name: 'key:ann' };
const ofFile = (threshold: number) => ({
  ...aRule({ threshold }),
  origin: { kind: 'file' as const, file: 'rules/host.yaml', line: 4, column: 5 },
});

async function order(given: Parameters<typeof stage.runtime.services.changeRule>[1]) {
  const answer = stage.runtime.services.changeRule('default', given, actor, null);
  answer.catch(() => {}); // the caller sees it
  await stage.advance(0);
  return answer;
}
const make = (document: object) => order({ do: 'create', document: { ...document } });

describe('a file that brings a name which the API has', () => {
  it('is refused with its place and what has the name, and taken as soon as the name is free', async () => {
    stage = new Stage({ rules: [] });
    const { body } = await make({ name: 'HighCpu', metric: 'cpu', threshold: 80 });
    await stage.push(90);
    const { id } = body as { id: string };
    expect(stage.runtime.setRules([ofFile(70)])).toEqual([
      {
        ...{ file: 'rules/host.yaml', line: 4, column: 5, path: 'name' },
        message: `the name "HighCpu" is used already by the rule ${id} of the API`,
      },
    ]);
    expect(stage.runtime.services.rules('default')).toMatchObject([
      { threshold: 80, origin: { kind: 'api' } },
    ]);
    expect(await order({ do: 'delete', id, seen: null })).toMatchObject({ status: 204 });
    expect(stage.runtime.services.rules('default')).toMatchObject([
      { threshold: 70, origin: { kind: 'file' } },
    ]);
    // The rule went from one to the other: the episode goes on.
    await stage.push(75);
    await stage.push(69);
    expect(stage.events().filter((event) => event.startsWith('alert.'))).toEqual([
      'alert.firing',
      'alert.resolved',
    ]);
  });

  it('runs in its place after a start, until the file is gone', async () => {
    stage = new Stage({ rules: [] });
    await make({ name: 'HighCpu', metric: 'cpu', threshold: 80 });
    stage.rules = [ofFile(70)];
    await stage.restart();
    const { services } = stage.runtime;
    expect(services.rules('default')).toMatchObject([{ threshold: 70 }]);
    expect(services.health().checks.rules).toMatchObject({ ok: false });
    // Whoever changes the file meanwhile is not refused.
    expect(stage.runtime.setRules([ofFile(60)])).toEqual([]);
    expect(stage.runtime.setRules([])).toEqual([]);
    expect(services.rules('default')).toMatchObject([{ threshold: 80 }]);
    expect(services.health().checks.rules).toBeUndefined();
  });
});

describe('a rule whose commit failed', () => {
  it('is not shown either while nothing can be taken up again', async () => {
    let broken = false;
    stage = new Stage({
      rules: [],
      wrapStore: (store) =>
        failingStore(store, ({ method }) =>
          broken && (method === 'commit' || method === 'takeShards') ? { when: 'before' } : null,
        ),
    });
    await stage.advance(0);
    broken = true;
    await expect(make({ name: 'HighCpu', metric: 'cpu', threshold: 80 })).rejects.toThrow();
    expect(stage.runtime.services.ruleEntries('default')).toEqual([]);
    broken = false;
    await stage.advance(2_000);
    expect(stage.runtime.services.ruleEntries('default')).toEqual([]);
    expect(await make({ name: 'HighCpu', metric: 'cpu', threshold: 80 })).toMatchObject({ status: 201 });
  });
});

describe('a window of a rule of the API', () => {
  it('is filled from the history after a restart', async () => {
    stage = new Stage({ rules: [] });
    await make({ name: 'Long', metric: 'cpu', aggregate: 'avg', window: '3h', threshold: 50 });
    await stage.keepPushing(40, 4 * 3_600_000, 60_000);
    await stage.restart();
    await stage.push(20_000);
    expect(stage.said()).toEqual([]);
    await stage.advance(60_000);
    expect(stage.said()).toMatchObject([[expect.any(Number), 'first']]);
  });
});
