// What people read when they ask why: the cases of docs/explain.md, made by the whole runtime on a manual clock. The page
// holds what comes out: where a text changes, `vitest run src/explain/cases.test.ts --update` writes it there.
import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import type { Locale } from '../../channels/message.ts';
import { listSeries, readRange } from '../ingest/range-read.ts';
import { parseTarget } from '../policy/target.ts';
import type { Services } from '../services.ts';
import type { StoredEvent } from '../store/rows.ts';
import { macrotask } from '../testing/manual-clock.ts';
import { matchersIn } from '../testing/pipeline-story.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';
import { confirmedText, escalationLines } from './escalation-lines.ts';
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

async function pageOf(stage: Stage, locale: Locale = 'en'): Promise<string> {
  const services = reading(stage);
  const { items } = services.store.alerts('default', { rule: 'HighCpu' }, 1, null);
  const facts = await factsOf(services, 'default', items[0]!.id);
  const say = sayIn(locale, 'Asia/Taipei');
  return explanationPage(explain(facts!, say), say);
}

/** Services that read the history at once, and breathe: on a manual clock nothing passes while they wait. */
function reading(stage: Stage): Services {
  const raw = new Database(stage.samplesFile, { readonly: true });
  const { services } = stage.runtime;
  return {
    ...services,
    breath: macrotask,
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
        ...{ startsAt: now, endsAt: now + ms, comment, createdBy: 'key:ann', actor: 'key:ann', recurs: null },
      },
      answer: () => ({ status: 200, body: null }),
    }),
  );
}

const origin = { kind: 'file', file: 'rules/hosts.yaml', line: 12, column: 5 } as const;
const highCpu = { forMs: 2 * minute, origin };
const refused: SendResult = { kind: 'transient', code: '503', message: 'Service Unavailable' };
const gone: SendResult = { kind: 'permanent', code: '410', message: 'Gone' };

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
    story({ rules: [highCpu], answer: () => gone }, async (stage) => {
      await push(stage, 97, 8 * minute);
      return pageOf(stage);
    }),
  escalated: () =>
    story(
      {
        rules: [highCpu],
        channels: ['chat', 'phone', 'boss'],
        receiver: { channels: ['chat'], sendResolved: true },
        route: { escalation: 'page' },
        escalations: [
          {
            ...{ name: 'page', repeat: 0, confirm: 'any' },
            steps: ['phone', 'boss'].map((to) => ({
              ...{ afterMs: 2 * minute, to: [parseTarget(`channel:${to}`)!] },
              ...{ strategy: null, severities: null, during: [] },
            })),
            promote: [{ from: 'warning', afterMs: minute, to: 'critical', while: 'unacknowledged' }],
          },
        ],
      },
      async (stage) => {
        await push(stage, 97, 5 * minute);
        const { services } = stage.runtime;
        const [called] = services.store
          .deliveries('default', {}, 100, null)
          .items.filter(({ recipient }) => recipient === 'phone');
        await act(
          stage,
          services.confirm('default', {
            ...{ notificationId: called!.notificationId, recipient: 'phone', actor: 'answer:phone' },
            ...{ name: null, via: 'key_press', note: null },
          }),
        );
        await push(stage, 97, minute);
        return pageOf(stage);
      },
    ),
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

it('tells it in three languages, at night in that time zone', async () => {
  const pages = await story({ rules: [highCpu], answer: () => refused }, async (stage) => {
    await silence(stage, 3 * minute, 'kernel update', 'host="web-1"');
    await push(stage, 97, 9 * minute);
    return (await Promise.all((['zh-TW', 'zh-CN'] as const).map((locale) => pageOf(stage, locale)))).join(
      '\n',
    );
  });
  expect(pages).toMatchInlineSnapshot(`
    "HighCpu{host="web-1"}（警告）自 2023-11-16 02:57:00 起觸發中。02:57:00 的值為 97；規則是 cpu > 80。
    沒有通知任何人：hook 尚未接受訊息（503 Service Unavailable (transient)）；下次嘗試在 03:08:20。

    時間均為 Asia/Taipei 時區。

    現在 (2023-11-16 03:04:00)
      - ops: 若到 2023-11-16 06:58:00 仍在觸發，屆時會再次通知（repeat_interval）

    經過
    2023-11-16
      02:55:00  ann 將 {host="web-1"} 靜音至 02:58:00：「kernel update」。
      02:55:00  條件首次成立：值為 97，規則是 cpu > 80。若持續 2m 就會觸發。
      02:57:00  條件已持續 2m：告警觸發。值為 97。
      02:57:00  依預設路由交給接收者 ops，群組為 {alertname="HighCpu"}。
      02:57:10  暫不通知 ops：已被靜音，由 ann 設定，至 02:58:00（「kernel update」）。
      02:58:00  ann 的靜音結束。
      02:58:00  產生給 ops 的訊息：這是新告警，攔住它的原因已解除。
      02:58:00  hook 未接受訊息（第 1 次嘗試）：503 Service Unavailable (transient)。稍後重試。
      02:58:10  hook 未接受訊息（第 2 次嘗試）：503 Service Unavailable (transient)。稍後重試。
      02:58:20  hook 未接受訊息（第 3 次嘗試）：503 Service Unavailable (transient)。稍後重試。
      03:03:20  hook 未接受訊息（第 4 次嘗試）：503 Service Unavailable (transient)。稍後重試。
      03:04:00  至今沒有管道接受訊息。每五分鐘重試一次（slow_round），從 hook 開始；下次嘗試在
                2023-11-16 03:08:20。

    規則
      「HighCpu」：cpu > 80，持續 2m。來自 rules/hosts.yaml:12；此版本（f0d73920b5891b6e）自 2023-11-15
      06:13:20 起為已知。

    HighCpu{host="web-1"}（警告）自 2023-11-16 02:57:00 起触发中。02:57:00 的值为 97；规则是 cpu > 80。
    没有通知任何人：hook 尚未接受消息（503 Service Unavailable (transient)）；下次尝试在 03:08:20。

    时间均为 Asia/Taipei 时区。

    现在 (2023-11-16 03:04:00)
      - ops: 若到 2023-11-16 06:58:00 仍在触发，届时会再次通知（repeat_interval）

    经过
    2023-11-16
      02:55:00  ann 静默 {host="web-1"}至 02:58:00：“kernel update”。
      02:55:00  条件首次成立：值为 97，规则是 cpu > 80。若持续 2m 就会触发。
      02:57:00  条件已持续 2m：告警触发。值为 97。
      02:57:00  依默认路由交给接收者 ops，分组为 {alertname="HighCpu"}。
      02:57:10  暂不通知 ops：已被静默，由 ann 设置，至 02:58:00（“kernel update”）。
      02:58:00  ann 的静默结束。
      02:58:00  产生给 ops 的消息：这是新告警，拦住它的原因已解除。
      02:58:00  hook 未接受消息（第 1 次尝试）：503 Service Unavailable (transient)。稍后重试。
      02:58:10  hook 未接受消息（第 2 次尝试）：503 Service Unavailable (transient)。稍后重试。
      02:58:20  hook 未接受消息（第 3 次尝试）：503 Service Unavailable (transient)。稍后重试。
      03:03:20  hook 未接受消息（第 4 次尝试）：503 Service Unavailable (transient)。稍后重试。
      03:04:00  至今没有渠道接受消息。每五分钟重试一次（slow_round），从 hook 开始；下次尝试在
                2023-11-16 03:08:20。

    规则
      “HighCpu”：cpu > 80，持续 2m。来自 rules/hosts.yaml:12；此版本（f0d73920b5891b6e）自 2023-11-15
      06:13:20 起可知。
    "
  `);
});

it('has words in every language for all that an escalation does', () => {
  const event = (kind: string, reason: string | null, body: object): StoredEvent =>
    ({ ...{ at: 0, kind, reason, actor: null, subjectId: 'g' }, body: { policy: 'page', ...body } }) as never;
  const step = { step: 1, of: 2, round: 2, since: 0, to: ['alice', 'team:ops'] };
  const events = [
    event('escalation.armed', null, { nextAt: minute }),
    event('escalation.step', null, step),
    event('escalation.skipped', 'severity', step),
    event('escalation.skipped', 'hours', step),
    ...['acknowledged', 'silenced', 'inhibited', 'muted', 'snoozed', 'resolved'].map((by) =>
      event('escalation.paused', by, { leftMs: minute }),
    ),
    event('escalation.resumed', null, { nextAt: minute }),
    ...['resolved', 'exhausted', 'policy_gone', 'routed_elsewhere'].map((why) =>
      event('escalation.ended', why, {}),
    ),
  ];
  const ways = ['link', 'api', 'key_press', 'reply'].map((way) =>
    event('notification.confirmed', way, { recipient: 'phone', name: 'ann', note: 'on it' }),
  );
  for (const locale of ['en', 'zh-TW', 'zh-CN'] as const) {
    const say = sayIn(locale, 'UTC');
    const lines = [
      ...escalationLines(events, say).map(({ text }) => text),
      ...ways.map((one) => confirmedText(one, say)),
    ];
    expect(new Set(lines).size).toBe(events.length + ways.length);
    // No word of the program stands in a sentence where a word of the language should.
    for (const line of lines) {
      expect(line).not.toMatch(/undefined|NaN|null|escalation\.|key_press|policy_gone|routed_elsewhere/);
      if (locale !== 'en') expect(line).not.toMatch(/acknowledged|silenced|inhibited|snoozed|resolved/);
    }
    expect(lines[1]).toMatch(/alice.*team:ops/);
    expect(lines.at(-1)).toMatch(/ann.*on it/);
  }
});
