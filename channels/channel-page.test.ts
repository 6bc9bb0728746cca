import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '../src/config/load.ts';
import { exampleEnvironment } from '../src/testing/example-environment.ts';
import type { ChannelDefinition } from './channel.ts';
import { type ChannelExample, channelPage } from './channel-page.ts';
import { channels } from './index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

function exampleOf(kind: string): ChannelExample {
  const file = `${root}examples/channels/${kind}.yaml`;
  const loaded = loadConfig({ file, cwd: root, env: exampleEnvironment, flags: {} });
  if ('problems' in loaded) throw new Error(`${kind}: ${JSON.stringify(loaded.problems)}`);
  const own = [...loaded.config.channels.values()].filter(({ type }) => type === kind);
  return { text: readFileSync(file, 'utf8'), channels: own };
}

const registry = channels as unknown as Readonly<Record<string, ChannelDefinition>>;
const examples = Object.fromEntries(Object.keys(registry).map((kind) => [kind, exampleOf(kind)]));
const page = channelPage(registry, examples);

it('docs/channels.md is what the program says of its channels (npx vitest run channels/channel-page.test.ts -u writes it)', async () => {
  await expect(page).toMatchFileSnapshot('../docs/channels.md');
});

const { console: printing } = channels;
const one = (config: z.ZodType) => () =>
  channelPage({ console: { ...printing, config } as never }, { console: { text: 'x', channels: [] } });

it('a channel without an example or without docs is refused', () => {
  expect(() => channelPage(registry, {})).toThrow('has no example: write examples/channels/webhook.yaml');
  const { docs: _, ...silent } = printing;
  expect(() => channelPage({ console: silent as never }, examples)).toThrow('channel console has no docs');
});

it('a key without a description is refused, also within an object and in a provider of several', () => {
  const bare = z.string();
  expect(one(printing.config.extend({ extra: bare }))).toThrow('channel console: the key extra has no desc');
  const inner = z.strictObject({ word: bare }).optional().describe('An object.');
  expect(one(printing.config.extend({ extra: inner }))).toThrow('the key extra.word has no description');
  const provider = (name: string) =>
    z.strictObject({ provider: z.literal(name).describe('It.'), word: bare });
  expect(one(z.discriminatedUnion('provider', [provider('a'), provider('b')]))).toThrow(
    'the key word has no',
  );
});

it('shows what a key takes: bounds, defaults, secrets, the keys of an object and each provider', () => {
  const row = (key: string) => page.split('\n').filter((line) => line.startsWith(`| \`${key}\` |`));
  expect(row('duplicate_check_interval')).toEqual([
    expect.stringContaining('| number, 60 to 14,400 | `300` |'),
  ]);
  expect(row('routing_key')).toEqual([expect.stringMatching(/required \|.*Secret\. \|$/)]);
  expect(row('auth.basic.password')).toEqual([expect.stringMatching(/Secret\. \|$/)]);
  expect(row('headers')).toEqual(Array(2).fill(expect.stringMatching(/The values are secret\. \|$/)));
  expect(page.match(/^### sms, .*$/gm)).toEqual(
    ['aliyun', 'tencent', 'twilio', 'aws'].map((name) => `### sms, ${name}`),
  );
  expect(page).toContain('- `oncall-wecom` of the example: 30 calls to one recipient within 1 minute.');
  const changed = {
    ...printing,
    config: printing.config.extend({ max_alerts: z.int().default(7).describe('Lines.') }),
  };
  expect(channelPage({ ...registry, console: changed as never }, examples)).not.toBe(page);
});
