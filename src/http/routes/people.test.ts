// Stories of people and groups that are made through the API, over the whole program.
import { afterEach, describe, expect, it } from 'vitest';
import { expand } from '../../policy/expand.ts';
import { type Fault, failingStore } from '../../store/contract/failing-store.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const config = `collector: { host: false }
channels:
  mail: { type: email, host: 127.0.0.1, from_email: a@example.com, to: [ops@example.com] }
  screen: { type: console }
people:
  ann: { addresses: { email: ann@example.com }, quiet_hours: { from: 22:00, to: 07:00, days: [mon] } }
teams:
  ops: [ann, team:night]
  night: api
receivers:
  ops: { channels: [mail, screen], to: [team:ops, team:night] }
tenants:
  acme: { receivers: { theirs: { channels: [screen] } } }
`;
const recipients = '/api/v1/alerts/recipients';
const groups = '/api/v1/alerts/groups';
const bob = { name: 'bob', addresses: { mail: 'bob@example.com', sms: '+886 912 345 678' }, prefer: ['sms'] };

let app: TestApp;
afterEach(() => app.close());
const begin = async (options: Parameters<typeof startTestApp>[2] = {}, text = config) => {
  app = await startTestApp(text, 'rules: []\n', { durability: 'normal', ...options });
};
const codeOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { code: string } } | null)?.error?.code,
];
const names = async (path: string) => {
  const { body } = await app.call('GET', path);
  return (body as { items: { name: string }[] }).items.map(({ name }) => name);
};
/** Whom the team that receivers name stands for now. */
const told = () => {
  return expand(app.tocsin.services.directory('default'), [{ kind: 'team', name: 'ops' }], 0).people.map(
    ({ name }) => name,
  );
};

describe('people and groups of the API', () => {
  it('are told beside those of the file, over a restart', async () => {
    await begin();
    const made = await app.call('POST', recipients, bob);
    expect(made).toMatchObject({
      status: 201,
      body: { ...bob, version: 1, active: true, origin: { kind: 'api' } },
    });
    expect(
      (await app.call('POST', groups, { name: 'night', members: ['bob', 'channel:screen'] })).status,
    ).toBe(201);
    expect(await names(recipients)).toEqual(['ann', 'bob']);
    expect(await names(groups)).toEqual(['night', 'ops']);
    expect(told()).toEqual(['ann', 'bob']);
    app = await app.restart();
    expect(told()).toEqual(['ann', 'bob']);
    const { addresses } = app.tocsin.services.directory('default').people.get('bob')!;
    expect(addresses.get('sms')).toBe('+886912345678');
    // Another tenant has neither.
    const { body } = await app.call('GET', recipients, undefined, { 'x-tenant-id': 'acme' });
    expect(body).toEqual({ items: [], next: null });
    // Nor does it know the channels that are not its own.
    const group = { name: 'theirs', members: ['channel:mail'] };
    const refused = await app.call('POST', groups, group, { 'x-tenant-id': 'acme' });
    expect(codeOf(refused)).toEqual([400, 'invalid_body']);
    expect(JSON.stringify(refused.body)).not.toContain('mail');
  });

  it('are changed only by whoever has seen them, with versions and audit; a dry run stores nothing', async () => {
    await begin();
    expect(await app.call('POST', `${recipients}?dry_run=true`, bob)).toMatchObject({
      status: 200,
      body: { dry_run: true, recipient: { name: 'bob', version: 1 } },
    });
    expect(await names(recipients)).toEqual(['ann']);
    const { id } = (await app.call('POST', recipients, bob)).body as { id: string };
    const read = await app.call('GET', `${recipients}/bob`);
    const tag = read.headers.get('etag')!;
    const again = await app.call('PUT', `${recipients}/${id}`, read.body, { 'if-match': tag });
    expect(again).toMatchObject({ status: 200, body: { version: 1 } });
    const quiet = { quiet_hours: { from: '22:00', to: '07:00' }, prefer: null };
    expect(await app.call('PATCH', `${recipients}/bob`, quiet, { 'if-match': tag })).toMatchObject({
      status: 200,
      body: { version: 2, ...{ quiet_hours: quiet.quiet_hours } },
    });
    expect(codeOf(await app.call('DELETE', `${recipients}/bob`, undefined, { 'if-match': tag }))).toEqual([
      412,
      'precondition_failed',
    ]);
    expect((await app.call('DELETE', `${recipients}/bob`)).status).toBe(204);
    const { body } = await app.call('GET', `${recipients}/${id}/versions`);
    expect((body as { items: object[] }).items).toMatchObject([
      { version: 3, action: 'deleted' },
      { version: 2, action: 'patched' },
      { version: 1, action: 'created', document: bob },
    ]);
    const events = app.tocsin.services.store.events('default', { kind: 'person', id }, 9, null);
    expect(events.items.map(({ kind, keep }) => [kind, keep])).toEqual([
      ['person.deleted', 2],
      ['person.changed', 2],
      ['person.created', 2],
    ]);
  });

  it('are not deleted or renamed while somebody names them, and not where a file owns them', async () => {
    await begin();
    await app.call('POST', recipients, bob);
    await app.call('POST', groups, { name: 'night', members: ['bob'] });
    const used = await app.call('DELETE', `${recipients}/bob`);
    expect(used).toMatchObject({ status: 409, body: { error: { code: 'person_in_use' } } });
    expect(used.body).toMatchObject({ error: { message: 'group night names it; change that first.' } });
    expect(codeOf(await app.call('PATCH', `${recipients}/bob`, { name: 'rob' }))).toEqual([
      409,
      'person_in_use',
    ]);
    const group = await app.call('DELETE', `${groups}/night`);
    expect(group).toMatchObject({
      status: 409,
      body: { error: { code: 'team_in_use', details: { by: ['group ops', 'receiver ops'] } } },
    });
    const owned = await app.call('PATCH', `${recipients}/ann`, { locale: 'en' });
    expect(owned).toMatchObject({
      status: 409,
      body: { error: { code: 'owned_by_file', details: { line: 6 } } },
    });
    expect(codeOf(await app.call('POST', recipients, { name: 'ann' }))).toEqual([409, 'person_name_taken']);
    expect(codeOf(await app.call('POST', groups, { name: 'night', members: ['ann'] }))).toEqual([
      409,
      'team_name_taken',
    ]);
  });

  it('are refused with the place of what is wrong', async () => {
    await begin();
    const problemsOf = async (path: string, document: object) => {
      const { status, body } = await app.call('POST', path, document);
      const { details } = (body as { error: { details: { problems: { path: string; message: string }[] } } })
        .error;
      return [status, ...details.problems.map(({ path: at, message }) => `${at}: ${message}`)];
    };
    expect(
      await problemsOf(recipients, {
        name: 'cy',
        addresses: { mial: 'cy@example.com', screen: 'cy', sms: '0912' },
        prefer: ['console'],
      }),
    ).toEqual([
      400,
      'addresses.mial: there is no such channel or kind of channel; did you mean "mail"?',
      'addresses.screen: screen reaches places, not people: expected no address for it',
      'addresses.sms: must be a telephone number with + in front, such as +886912345678',
      'prefer.0: there is no such channel or kind of channel that reaches people',
    ]);
    expect(await problemsOf(recipients, { name: 'reach' })).toEqual([
      400,
      'name: expected a name that means nothing else in a path',
    ]);
    expect(await problemsOf(groups, { name: 'g', members: ['an', 'on_call:x', 'group:x'] })).toEqual([
      400,
      'members.2: expected a person, team:<name>, on_call:<name> or channel:<name>',
    ]);
    expect(await problemsOf(groups, { name: 'g', members: ['an', 'on_call:x'] })).toEqual([
      400,
      'members.0: there is no such person; did you mean "ann"?',
      'members.1: there is no such on-call schedule',
    ]);
    expect(await problemsOf(groups, { name: 'night', members: ['team:ops'] })).toEqual([
      400,
      expect.stringMatching(/^members: is a circle: (ops → night → ops|night → ops → night)$/),
    ]);
  });

  it('wait where a changed file has their name, and are told who nothing reaches', async () => {
    await begin();
    await app.call('POST', recipients, bob);
    await app.call('POST', groups, { name: 'night', members: ['bob'] });
    const reach = async () =>
      ((await app.call('GET', `${recipients}/reach`)).body as { unreached: object[] }).unreached;
    expect(await reach()).toEqual([]);
    const next = config.replace('people:\n', 'people:\n  bob: { addresses: { sms: "+886911111111" } }\n');
    const { folder } = app;
    await app.tocsin.close();
    await begin({ folder }, next);
    expect(await reach()).toMatchObject([
      { kind: 'person', name: 'bob', reason: 'no_channel', who: ['sms'] },
      { kind: 'team', name: 'night', reason: 'nobody', who: ['bob'] },
    ]);
    const { body } = await app.call('GET', recipients);
    expect((body as { items: object[] }).items).toMatchObject([
      {
        name: 'ann',
        origin: { kind: 'file', line: 7 },
        quiet_hours: [{ from: '22:00', to: '07:00', days: ['mon'] }],
      },
      { name: 'bob', origin: { kind: 'file' }, active: true },
      { name: 'bob', origin: { kind: 'api' }, active: false, problems: [{ path: 'name' }] },
    ]);
  });
});

it('a person whose storing failed is not there', async () => {
  let fault: Fault | null = null;
  await begin({
    wrapStore: (store) =>
      failingStore(store, ({ method, args }) => {
        if (method !== 'commit' || !JSON.stringify(args).includes('"config_object"')) return null;
        const now = fault;
        fault = null;
        return now;
      }),
  });
  fault = { when: 'before' };
  expect(codeOf(await app.call('POST', recipients, bob))).toEqual([503, 'unavailable']);
  expect(app.tocsin.services.directory('default').people.has('bob')).toBe(false);
});
