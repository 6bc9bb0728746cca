// Who is told that something is over, as the file says it: by kind of channel, by channel, by receiver.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { deliveryPolicyOf } from '../delivery/delivery-policy.ts';
import { loadConfig } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-ends-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string) {
  const file = join(folder, 'tocsin.yaml');
  writeFileSync(file, text);
  return loadConfig({ file, cwd: folder, env: {}, flags: {} });
}

const call = `type: phone, provider: twilio, to: ["+886912345678"], account_sid: AC${'0'.repeat(32)}, auth_token: a${'1'.repeat(31)}, from: "+14155550100"`;
const config = () => `
channels:
  call: { ${call} }
  loud: { ${call}, send_resolved: true }
  hook: { type: webhook, url: "https://example.com" }
  still: { type: webhook, url: "https://example.com", send_resolved: false }
receivers:
  plain: { channels: [call, hook] }
  all: { channels: [call], send_resolved: true }
  none: { channels: [hook], send_resolved: false }
route: { receiver: plain }
`;

it('a call tells of no ends and everything else does, unless a channel or a receiver says otherwise', () => {
  const loaded = read(config());
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const { channels, routing } = loaded.config;
  const { ways } = deliveryPolicyOf(channels);
  const silent = [...ways].filter(([, { tellsEnds }]) => tellsEnds === false).map(([name]) => name);
  expect(silent).toEqual(['call', 'still']);
  const receivers = [...routing.receivers.values()];
  expect(receivers.map(({ name, sendResolved, endsAnyway }) => [name, sendResolved, endsAnyway])).toEqual([
    ['plain', true, undefined],
    ['all', true, true],
    ['none', false, undefined],
  ]);
});

it('says where it is no yes or no', () => {
  const loaded = read(config().replace('send_resolved: true }\n  hook', 'send_resolved: perhaps }\n  hook'));
  expect('problems' in loaded && loaded.problems.map(({ path, line }) => [path, line])).toEqual([
    ['channels.loud.send_resolved', 4],
  ]);
});
