// People through the whole program and a real mail server.
import { afterEach, expect, it } from 'vitest';
import { startMailCatcher } from '../testing/mail-catcher.ts';
import { startTestApp } from '../testing/test-app.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const names = Array.from({ length: 15 }, (_, i) => `p${i + 1}`);
const config = (port: number) => `
collector: { host: false }
channels:
  mail: { type: email, host: 127.0.0.1, port: ${port}, use_tls: none, from_email: a@example.com, to: [room@example.com] }
people:
${names.map((name) => `  ${name}: { addresses: { email: ${name}@example.com }, locale: ${name === 'p2' ? 'zh-TW' : 'en'} }`).join('\n')}
teams:
  a: [${names.slice(0, 8)}]
  b: [${names.slice(4, 12)}]
  c: [${names.slice(10)}, p1]
receivers: { ops: { to: ["team:a", "team:b", "team:c"] } }
route: { receiver: ops, group_wait: 0s }
egress: { allow: [127.0.0.0/8] }
`;
const rules = `
group: g
rules:
  - { name: High, metric: high, operator: gt, threshold: 1, for: 0s, severity: critical }
`;

it('fifteen people of three overlapping groups get one mail each, in their language', async () => {
  const mail = await startMailCatcher();
  closing.push(() => mail.close());
  const app = await startTestApp(config(mail.port), rules);
  closing.push(() => app.close());
  await app.push([{ metric: 'high', value: 9 }]);
  const mails = await mail.waitFor(15);
  const byName = (a: string, b: string) => a.localeCompare(b);
  expect(mails.flatMap(({ to }) => to).sort(byName)).toEqual(
    names.map((name) => `${name}@example.com`).sort(byName),
  );
  const textTo = (name: string) => mails.find(({ to }) => to[0] === `${name}@example.com`)!.text;
  expect(textTo('p1')).toContain('High');
  expect(/\p{Script=Han}/u.test(textTo('p2'))).toBe(true);
  expect(/\p{Script=Han}/u.test(textTo('p1'))).toBe(false);
  const { body } = await app.call('GET', '/api/v1/deliveries?limit=50');
  const told = (body as { items: { recipient: string }[] }).items;
  expect(told.map(({ recipient }) => recipient).sort(byName)).toEqual(
    names.map((name) => `@${name}`).sort(byName),
  );
});

it('what waits for the end of quiet hours waits for it over a restart, too', async () => {
  const mail = await startMailCatcher();
  closing.push(() => mail.close());
  const quiet = `{ people: { ann: { addresses: { email: a@example.com }, quiet_hours: { from: '00:00', to: '24:00' } } } }`;
  const text = config(mail.port)
    .replace(/people:[\s\S]*receivers/, `${quiet.slice(2, -2)}\nreceivers`)
    .replace(/to: \["team:a".*\]/, 'to: [ann]');
  let app = await startTestApp(text, rules.replace('critical', 'warning'));
  await app.push([{ metric: 'high', value: 9 }]);
  const waiting = async () => {
    const { body } = await app.call('GET', '/api/v1/deliveries');
    return (body as { items: { state: string; reason: string; due_at: string }[] }).items.map(
      ({ state, reason, due_at }) => ({ state, reason, due_at }),
    );
  };
  const before = await waiting();
  expect(before).toMatchObject([{ state: 'queued', reason: 'quiet_hours' }]);
  app = await app.restart();
  closing.push(() => app.close());
  expect(await waiting()).toEqual(before);
  expect(mail.received).toEqual([]);
});

it('whoever is on call hears of it when nobody confirms in time', async () => {
  const mail = await startMailCatcher();
  closing.push(() => mail.close());
  const app = await startTestApp(
    `
collector: { host: false }
channels:
  room: { type: console }
  mail: { type: email, host: 127.0.0.1, port: ${mail.port}, use_tls: none, from_email: a@example.com, to: [room@example.com] }
people: { ann: { addresses: { email: ann@example.com } } }
schedules: { primary: { layers: [{ name: all, start: 2026-01-05 09:00, every: 1w, people: [ann] }] } }
escalations: { page: { steps: [{ after: 1s, to: ["on_call:primary"] }] } }
receivers: { ops: { channels: [room], escalation: page } }
route: { receiver: ops, group_wait: 0s }
egress: { allow: [127.0.0.0/8] }
`,
    rules,
  );
  closing.push(() => app.close());
  await app.push([{ metric: 'high', value: 9 }]);
  const [told] = await mail.waitFor(1);
  expect(told!.to).toEqual(['ann@example.com']);
  expect(told!.text).toContain('High');
});
