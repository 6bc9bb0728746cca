// Stories of tests of who can be reached: real mails, real links, the whole program.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../clock.ts';
import { type MailCatcher, startMailCatcher } from '../../testing/mail-catcher.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

let mail: MailCatcher;
let app: TestApp;
beforeAll(async () => {
  mail = await startMailCatcher({
    refuseRecipient: (to) => (to.startsWith('cy@') ? { code: 550, text: '5.1.1 no such user' } : null),
  });
});
afterAll(() => mail.close());
afterEach(() => app.close());

const config = () => `collector: { host: false }
public_url: https://alerts.example.com
egress: { allow: [127.0.0.1] }
channels:
  letters: { type: email, host: 127.0.0.1, port: ${mail.port}, use_tls: none, from_email: a@example.com, to: [desk@example.com] }
people:
  ann: { addresses: { email: ann@example.com } }
  cy: { addresses: { letters: cy@example.com } }
  dee: {}
teams: { ops: [ann, cy, dee] }
receivers: { desk: { channels: [letters] } }
reach_test: { schedule: "0 10 1 * *", to: [team:ops], report_to: desk }
`;
const path = '/api/v1/alerts/recipients/reach-tests';
/** However slow the machine is. */
const slow = { timeout: 10_000 };
/** The clock of the system, and so much more. */
function ahead(ms: number): Clock {
  const clock = systemClock();
  return {
    now: () => clock.now() + ms,
    wall: () => clock.wall() + ms,
    at: (at, callback) => clock.at(at - ms, callback),
    soon: (callback) => clock.soon(callback),
    breath: () => clock.breath(),
  };
}
interface Shown {
  readonly ended: boolean;
  readonly results: readonly { person: string; channel: string | null; reason: string | null }[];
}
const newest = async () => {
  const { body } = await app.call('GET', path);
  return (body as { items: Shown[] }).items[0]!;
};
const reasons = ({ results }: Shown) =>
  Object.fromEntries(results.map(({ person, channel, reason }) => [`${channel}@${person}`, reason]));

describe('a test of who can be reached', () => {
  it('asks each person on each of her channels, and reports who did not confirm', async () => {
    app = await startTestApp(config(), 'rules: []\n', { durability: 'normal' });
    // A channel of the API reaches people as one of the file does, by its name too.
    const own = { name: 'own', type: 'email', host: '127.0.0.1', port: mail.port, use_tls: 'none' };
    const made = await app.call('POST', '/api/v1/alerts/channels', {
      ...{ ...own, from_email: 'b@example.com', to: ['desk@example.com'] },
    });
    expect([made.status, made.body]).toEqual([201, made.body]);
    const bob = { name: 'bob', addresses: { own: 'bob@example.com' }, prefer: ['own'] };
    expect((await app.call('POST', '/api/v1/alerts/recipients', bob)).status).toBe(201);
    const kept = await app.call('DELETE', '/api/v1/alerts/channels/own');
    expect(kept).toMatchObject({
      status: 409,
      body: { error: { code: 'channel_in_use', details: { used_by: ['recipient bob'] } } },
    });
    const before = mail.received.length;
    const order = { to: ['team:ops', 'bob', 'ann'], confirm_within: '1h', report_to: 'desk' };
    const key = { 'idempotency-key': 'once' };
    const begun = await app.call('POST', path, order, key);
    expect(begun.status).toBe(202);
    expect((await app.call('POST', path, order, key)).body).toEqual(begun.body);
    const to = () =>
      mail.received
        .slice(before)
        .flatMap((one) => one.to)
        .sort();
    await expect.poll(to, slow).toEqual(['ann@example.com', 'ann@example.com', 'bob@example.com']);
    const toBob = mail.received.find((one) => one.to.includes('bob@example.com'))!;
    const link = /https:\/\/alerts\.example\.com(\/l\/[\w.~-]+)/.exec(toBob.text)![1]!;
    const confirmed = await app.tocsin.fetch(
      new Request(`http://tocsin.test${link}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'action=confirm&name=',
      }),
    );
    expect([confirmed.status, await confirmed.text()]).toEqual([200, expect.any(String)]);
    await expect
      .poll(async () => reasons(await newest()), slow)
      .toEqual({
        'letters@ann': 'waiting',
        'own@ann': 'waiting',
        'letters@cy': 'invalid_recipient',
        'null@dee': 'no_address',
        'own@bob': null,
      });
    // The program is down when the time is over, and ends the test when it is there again.
    app = await app.restart({ clock: ahead(2 * 3_600_000) });
    await expect.poll(async () => (await newest()).ended, slow).toBe(true);
    expect(reasons(await newest())).toEqual({
      'letters@ann': 'not_confirmed',
      'own@ann': 'not_confirmed',
      'letters@cy': 'invalid_recipient',
      'null@dee': 'no_address',
      'own@bob': null,
    });
    await expect.poll(to, slow).toHaveLength(4);
    const report = mail.received.at(-1)!;
    expect(report.to).toEqual(['desk@example.com']);
    expect(report.text).toContain('letters@ann (not_confirmed)');
    expect(report.text).not.toContain('own@bob');
  }, 30_000);

  it('that is wrong is refused with its place', async () => {
    app = await startTestApp(config(), 'rules: []\n', { durability: 'normal' });
    const { status, body } = await app.call('POST', path, { to: ['zoe', 'team:x'], report_to: 'x' });
    const { problems } = (body as { error: { details: { problems: { path: string }[] } } }).error.details;
    expect([status, problems.map((one) => one.path)]).toEqual([400, ['to.0', 'to.1', 'report_to']]);
  });
});
