import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { startTestApp } from '../testing/test-app.ts';
import { createNarrator, type Narrator } from './demo-narrator.ts';
import { freeAddress, startDemoProviders } from './demo-providers.ts';

const rule = 'ProcessBurnsCpu';
const config = readFileSync(new URL('../../examples/demo/providers.yaml', import.meta.url), 'utf8');
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

it('shows the card that nobody confirms, the call and its confirmation, and the short message in place of a refused card', async () => {
  const lines: string[] = [];
  const clock = systemClock();
  const narrator: Narrator = createNarrator({
    ...{ print: (line: string) => lines.push(line.slice(11)), now: () => clock.now(), rule },
    lookup: { ruleOf: () => rule, alertsOf: () => ['alert'] },
    reported: ['demo-call', 'demo-sms'],
    escalates: true,
  });
  const providers = await startDemoProviders({ stage: narrator, now: () => clock.now(), rule, listensMs: 0 });
  closing.push(() => providers.close());
  const env: Record<string, string> = { ...providers.env, DEMO_LISTEN: await freeAddress() };
  const text = config
    .replace(/\$\{env:(\w+)\}/g, (_, name: string) => env[name] ?? '25')
    .replace(/ {2}demo-hook:.*\n/, '')
    .replace('[demo-chat, demo-hook, demo-mail]', '[demo-chat]')
    .replace('host: true', 'host: false')
    .replaceAll(/((?:group|resolve)_wait|group_interval|dedupe_window): \d+s/g, '$1: 0s')
    .replaceAll(/after: ([24])s/g, 'after: $100ms');
  const rules = `rules: [{ name: ${rule}, type: threshold, metric: busy, operator: gt, threshold: 1 }]`;
  const app = await startTestApp(text, rules, { onEvents: (events) => narrator.events(events) });
  closing.push(() => app.close());
  await app.tocsin.listen();

  await app.push([{ metric: 'busy', value: 2 }]);
  await expect.poll(() => lines, { timeout: 5_000 }).toContainEqual(expect.stringMatching(/^broken/));
  const alerts = (await app.call('GET', '/api/v1/alerts')).body as { items: { id: string }[] };
  const paused = {
    ...{ policy: 'wake-up', state: 'paused', step: 1, of: 2, paused_by: 'acknowledged' },
    ...{ next_at: null, next_to: ['channel:demo-call'] },
  };
  expect(alerts.items).toMatchObject([{ escalations: [paused] }]);
  const path = `/api/v1/alerts/${alerts.items[0]!.id}`;
  expect((await app.call('GET', path)).body).toMatchObject({ escalations: [paused] });
  const history = (await app.call('GET', `${path}/history`)).body as { group_events: { kind: string }[] };
  expect(history.group_events.map(({ kind }) => kind.slice('escalation.'.length))).toEqual([
    ...['armed', 'step', 'paused'],
  ]);
  await app.push([{ metric: 'busy', value: 0 }]);
  const shown = () => lines.filter((line) => line.includes('│ ')).join('\n');
  await expect.poll(shown, { timeout: 5_000 }).toMatch(/│ RESOLVED \[critical\] ProcessBurnsCpu/);
  await expect
    .poll(() => lines, { timeout: 5_000 })
    .toContain('delivered demo-sms: its provider reports that it arrived');

  for (const line of [
    'wecom     the robot writes to its group:',
    'armed     unless somebody confirms, the escalation wake-up tells the next ones',
    'promoted  nobody took it for 200ms: it is critical now',
    'step      nobody has confirmed: step 1 of 2 tells channel:demo-call',
    'call      the phone +886912345678 rings, and a voice says:',
    'pressed   the callee presses 1',
    'delivered demo-call: its provider reports that it arrived',
    'answered  demo-call: somebody answered 1',
    'confirmed by demo-call (key_press)',
    'paused    the escalation waits (acknowledged): nobody else is told',
    'sms       a short message to +886912345678:',
  ])
    expect(lines).toContain(line);
  expect(shown()).toMatch(/This is an alert\. FIRING \[critical\] ProcessBurnsCpu.*\n.*Press 1 to confirm\./);
  expect(shown()).toContain('Thank you, confirmed.');
  expect(lines).toContainEqual(
    expect.stringMatching(/^fallback +demo-chat did not take it, demo-sms carries/),
  );
  // Webhook and mail are not part of this stage: all else that the demo waits for was seen.
  await expect.poll(() => narrator.missing(), { timeout: 5_000 }).toEqual(['webhook', 'mail']);
  const states = async () => {
    const { body } = await app.call('GET', '/api/v1/deliveries');
    const { items } = body as { items: { channel: string; state: string }[] };
    return [...new Set(items.map(({ channel, state }) => `${channel} ${state}`))].sort();
  };
  await expect
    .poll(states, { timeout: 5_000 })
    .toEqual(['demo-call delivered', 'demo-call dropped', 'demo-chat sent', 'demo-sms delivered']);
  // It has rung once: that it is over is no reason to wake anybody.
  expect(lines.filter((line) => line.includes(' rings, and a voice says:'))).toHaveLength(1);
  const told = await app.tocsin.fetch(
    new Request('http://tocsin.test/api/v1/explain?matcher=alertname=ProcessBurnsCpu&format=text', {
      headers: { 'x-api-key': app.key },
    }),
  );
  expect(await told.text()).toContain(
    'demo-call is not told that it is over: that channel tells of no ends (send_resolved).',
  );
});
