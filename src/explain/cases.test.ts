// What people read when they ask why: the cases of docs/explain.md, made by the whole runtime on a manual clock. The page
// holds what comes out: where a text changes, `vitest run src/explain/cases.test.ts --update` writes it there.
import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import { listSeries, readRange } from '../ingest/range-read.ts';
import type { Services } from '../services.ts';
import { matchersIn } from '../testing/pipeline-story.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';
import { explain } from './explanation.ts';
import { factsOf } from './facts.ts';
import { inquire } from './inquiry.ts';
import { explanationPage, inquiryPage } from './page.ts';
import { sayIn } from './say.ts';

const page = new URL('../../docs/explain.md', import.meta.url);
const say = sayIn('en', 'Asia/Taipei');
const second = 1_000;
const minute = 60_000;
/** From where the clock stands to 02:55 in Taipei. */
const toTheNight = (20 * 60 + 41) * minute + 40 * second;

async function story(options: StageOptions, tell: (stage: Stage) => Promise<string>): Promise<string> {
  const stage = new Stage(options);
  try {
    await stage.advance(toTheNight);
    return await tell(stage);
  } finally {
    await stage.close();
  }
}

async function push(stage: Stage, value: number, forMs: number, metric = 'cpu'): Promise<void> {
  for (let passed = 0; passed < forMs; passed += 20 * second) {
    await stage.push(value, { host: 'web-1', metric });
    await stage.advance(20 * second);
  }
}

async function pageOf(stage: Stage, rule = 'HighCpu'): Promise<string> {
  const { services } = stage.runtime;
  const { items } = services.store.alerts('default', { rule }, 1, null);
  const facts = await factsOf(services, 'default', items[0]!.id);
  return explanationPage(explain(facts!, say), say);
}

/** Services whose history is read at once: nothing passes on a manual clock while a thread does it. */
function reading(stage: Stage): Services {
  const raw = new Database(stage.samplesFile, { readonly: true });
  const { services } = stage.runtime;
  return {
    ...services,
    samples: {
      readRange: async (query) => readRange(raw, query),
      listSeries: async (query) => listSeries(raw, query),
    },
  };
}

async function asked(stage: Stage, at: number, ...matchers: string[]): Promise<string> {
  const question = {
    at,
    from: at - 5 * minute,
    to: at + 5 * minute,
    limit: 5,
    matchers: matchersIn(...matchers),
  };
  return inquiryPage(await inquire(reading(stage), 'default', question, say), say);
}

async function act(stage: Stage, done: Promise<unknown>): Promise<void> {
  await stage.advance(0);
  await done;
}

function silence(stage: Stage, ms: number, comment: string, ...matchers: string[]): Promise<void> {
  const now = stage.clock.now();
  return act(
    stage,
    stage.runtime.engine.submit('default', {
      idempotency: null,
      input: {
        kind: 'silence.put',
        id: null,
        matchers: matchersIn(...matchers).map(({ name, op, value }) => ({ name, op, value })),
        ...{ startsAt: now, endsAt: now + ms, comment, createdBy: 'key:ann', actor: 'key:ann' },
      },
      answer: () => ({ status: 200, body: null }),
    }),
  );
}

const origin = { kind: 'file', file: 'rules/hosts.yaml', line: 12, column: 5 } as const;
const highCpu = { forMs: 2 * minute, origin };
const refused: SendResult = { kind: 'transient', code: '503', message: 'Service Unavailable' };

const cases: Readonly<Record<string, () => Promise<string>>> = {
  told: () =>
    story(
      {
        rules: [highCpu],
        receiver: { sendResolved: true },
        answer: ({ attempt, message }) =>
          attempt === 1 && message.status === 'firing' ? refused : { kind: 'sent' },
      },
      async (stage) => {
        await push(stage, 97, 4 * minute);
        const { services } = stage.runtime;
        const { items } = services.store.alerts('default', {}, 1, null);
        const command = { until: stage.clock.now() + 60 * minute, note: 'restarting the worker' };
        await act(stage, services.acknowledge('default', items[0]!.id, command, { name: 'key:ben' }, null));
        await push(stage, 97, minute);
        await push(stage, 31, 4 * minute);
        return pageOf(stage);
      },
    ),
  silenced: () =>
    story({ rules: [highCpu] }, async (stage) => {
      await silence(stage, 60 * minute, 'kernel update', 'host=~"web-.*"');
      await push(stage, 97, 6 * minute);
      return pageOf(stage);
    }),
  inhibited: () =>
    story(
      {
        rules: [highCpu, { name: 'HostDown', metric: 'down', threshold: 0, severity: 'critical', origin }],
        inhibit: [
          {
            name: 'a host that is down explains the rest',
            source: matchersIn('alertname=HostDown'),
            target: matchersIn('alertname!=HostDown'),
            equal: ['host'],
          },
        ],
      },
      async (stage) => {
        await push(stage, 1, 20 * second, 'down');
        await push(stage, 97, 4 * minute);
        await push(stage, 31, minute);
        return pageOf(stage);
      },
    ),
  dead: () =>
    story({ rules: [highCpu], answer: () => refused }, async (stage) => {
      await push(stage, 97, 8 * minute);
      return pageOf(stage);
    }),
  below: () =>
    story({ rules: [highCpu] }, async (stage) => {
      await push(stage, 62.5, 4 * minute);
      await push(stage, 71, minute);
      await push(stage, 58, 15 * minute);
      return asked(stage, stage.clock.now() - 15 * minute, 'host="web-1"');
    }),
  stopped: () =>
    story({ rules: [highCpu] }, async (stage) => {
      await push(stage, 62.5, 2 * minute);
      await stage.advance(20 * minute);
      return asked(stage, stage.clock.now() - 10 * minute, 'host="web-1"', 'alertname=HighCpu');
    }),
};

it('the cases of docs/explain.md are what comes out', async () => {
  const blocks = readFileSync(page, 'utf8').split(/(?<=<!-- \w+ -->\n```text\n)[\s\S]*?(?=```\n)/);
  let written = '';
  for (const [i, block] of blocks.entries()) {
    written += block;
    if (i === blocks.length - 1) break;
    const name = /<!-- (\w+) -->\n```text\n$/.exec(block)?.[1] ?? '';
    written += await cases[name]!();
  }
  expect(blocks).toHaveLength(Object.keys(cases).length + 1);
  await expect(written).toMatchFileSnapshot(page.pathname);
});
