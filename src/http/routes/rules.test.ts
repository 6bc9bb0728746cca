// Stories of rules that are made through the API, over the whole program.
import { afterEach, describe, expect, it } from 'vitest';
import { parseRuleFile } from '../../../rules/parse.ts';
import { type Fault, failingStore } from '../../store/contract/failing-store.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const config =
  'collector: { host: false }\nroute: { group_wait: 0s }\nchannels: { screen: { type: console } }\n';
const fileRules = 'rules:\n  - { name: FromFile, metric: load, threshold: 5, labels: { team: infra } }\n';
const high = { name: 'HighCpu', metric: 'cpu', operator: 'gt', threshold: 80 };
const all = '/api/v1/alerts/rules';

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly [key: string]: unknown;
}

let app: TestApp;
afterEach(() => app.close());

const begin = async (options: Parameters<typeof startTestApp>[2] = {}, rules = fileRules) => {
  app = await startTestApp(config, rules, { durability: 'normal', ...options });
};
const make = async (document: object, headers: Record<string, string> = {}): Promise<Shown> => {
  const { status, body } = await app.call('POST', all, document, headers);
  expect([status, body]).toEqual([201, body]);
  return body as Shown;
};
const names = async (query = '', headers: Record<string, string> = {}): Promise<string[]> => {
  const { body } = await app.call('GET', all + query, undefined, headers);
  return (body as { items: Shown[] }).items.map(({ name }) => name);
};
const codeOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { code: string } } | null)?.error?.code,
];
const alerts = async (): Promise<[string, string, string | null][]> => {
  const { body } = await app.call('GET', '/api/v1/alerts?kind=alert');
  const { items } = body as { items: { rule: string; state: string; resolve_reason: string | null }[] };
  return items.map(({ rule, state, resolve_reason }) => [rule, state, resolve_reason]);
};
const cpu = (value: number) => app.push([{ metric: 'cpu', labels: { host: 'a' }, value }]);

describe('a rule that is made', () => {
  it('fires at the next sample, keeps its episode over an edit, and resolves it when it is deleted', async () => {
    await begin();
    const made = await app.call('POST', all, high, { 'x-request-id': 'r' });
    const { id } = made.body as Shown;
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`${all}/${id}`);
    expect(made.body).toMatchObject({
      ...high,
      ...{ version: 1, type: 'threshold', group: 'api', severity: 'warning', origin: { kind: 'api' } },
      ...{ created_by: 'key:TOCSIN_ADMIN_KEY', active: true },
    });
    await cpu(91);
    expect(await alerts()).toEqual([['HighCpu', 'firing', null]]);

    const edited = await app.call('PATCH', `${all}/${id}`, { threshold: 85, annotations: { summary: 's' } });
    expect(edited).toMatchObject({ status: 200, body: { version: 2, threshold: 85, metric: 'cpu' } });
    await cpu(90);
    expect(await alerts()).toEqual([['HighCpu', 'firing', null]]);

    expect((await app.call('DELETE', `${all}/HighCpu`)).status).toBe(204);
    await cpu(99);
    expect(await alerts()).toEqual([['HighCpu', 'resolved', 'rule_removed']]);
    expect(codeOf(await app.call('GET', `${all}/${id}`))).toEqual([404, 'rule_not_found']);
    const { body } = await app.call('GET', `${all}/${id}/versions`);
    expect((body as { items: object[] }).items).toMatchObject([
      { version: 3, action: 'deleted', by: 'key:TOCSIN_ADMIN_KEY' },
      { version: 2, action: 'patched', document: { ...high, threshold: 85, annotations: { summary: 's' } } },
      { version: 1, action: 'created', document: high },
    ]);
  });

  it('is there after a restart, before the first sample is evaluated', async () => {
    await begin();
    const { id } = await make({ ...high, for: '0s' });
    app = await app.restart();
    await cpu(91);
    expect(await alerts()).toEqual([['HighCpu', 'firing', null]]);
    app = await app.restart();
    await cpu(70);
    expect(await alerts()).toEqual([['HighCpu', 'resolved', 'condition_cleared']]);
    expect((await app.call('GET', `${all}/${id}`)).body).toMatchObject({ version: 1, name: 'HighCpu' });
  });

  it('is not there, and was never applied, when its commit fails; after a lost answer it is', async () => {
    let fault: Fault | null = null;
    await begin({
      wrapStore: (store) =>
        failingStore(store, ({ method }) => {
          if (method !== 'commit' || fault === null) return null;
          const now = fault;
          fault = null;
          return now;
        }),
    });
    const kept = await make({ ...high, name: 'Kept' });
    fault = { when: 'before' };
    expect(codeOf(await app.call('POST', all, high))).toEqual([503, 'unavailable']);
    expect(await names()).toEqual(['FromFile', 'Kept']);
    fault = { when: 'before' };
    expect(codeOf(await app.call('DELETE', `${all}/${kept.id}`))).toEqual([503, 'unavailable']);
    fault = { when: 'before' };
    expect(codeOf(await app.call('PATCH', `${all}/${kept.id}`, { threshold: 10 }))).toEqual([
      503,
      'unavailable',
    ]);
    await cpu(50);
    expect(await alerts()).toEqual([]);
    fault = { when: 'after' };
    expect(codeOf(await app.call('POST', all, high))).toEqual([503, 'unavailable']);
    expect(await names()).toEqual(['FromFile', 'HighCpu', 'Kept']);
    await cpu(91);
    expect((await alerts()).map(([rule]) => rule).sort()).toEqual(['HighCpu', 'Kept']);
  });

  it('is made once under one Idempotency-Key', async () => {
    await begin();
    const key = { 'idempotency-key': 'k-1' };
    const first = await app.call('POST', all, high, key);
    const again = await app.call('POST', all, high, key);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(codeOf(await app.call('POST', all, { ...high, threshold: 1 }, key))).toEqual([
      409,
      'idempotency_conflict',
    ]);
    expect(await names('?origin=api')).toEqual(['HighCpu']);
  });

  it('is told in the audit with who, when, before and after', async () => {
    await begin();
    const { id } = await make(high);
    await app.call('PATCH', `${all}/${id}`, { threshold: 90 });
    await app.call('PATCH', `${all}/${id}`, { threshold: 90 }); // changes nothing
    await app.call('DELETE', `${all}/${id}`);
    const { body } = await app.call('GET', '/api/v1/audit');
    const told = (body as { items: { kind: string; actor: string; hash: string; body: object }[] }).items
      .filter(({ kind }) => kind.startsWith('rule.'))
      .map(({ kind, actor, hash, body: said }) => {
        expect([actor, hash]).toEqual(['key:TOCSIN_ADMIN_KEY', expect.any(String)]);
        return [kind, said];
      });
    const after = { ...high, threshold: 90 };
    expect(told).toEqual([
      ['rule.deleted', { name: 'HighCpu', version: 3, before: after, after: null }],
      ['rule.changed', { name: 'HighCpu', version: 2, before: high, after }],
      ['rule.created', { name: 'HighCpu', version: 1, before: null, after: high }],
    ]);
  });
});

describe('what was read', () => {
  it('can be put again, and is the same rule', async () => {
    await begin();
    const made = await make({ ...high, for: '90s', match: ['env="prod"'], annotations: { summary: 'x' } });
    const put = await app.call('PUT', `${all}/${made.id}`, made);
    expect(put).toMatchObject({ status: 200, body: { id: made.id, hash: made.hash, version: 2 } });
    const ofFile = (await app.call('GET', `${all}/FromFile`)).body as object;
    expect(ofFile).toMatchObject({ id: null, version: null, origin: { kind: 'file', line: 2 } });
    expect(await make({ ...ofFile, name: 'Copy' })).toMatchObject({ metric: 'load', group: 'rules' });
  });

  it('is changed by the first of two that read it; the second is told to read again', async () => {
    await begin();
    const { id } = await make(high);
    const tag = (await app.call('GET', `${all}/${id}`)).headers.get('etag')!;
    const change = (threshold: number) =>
      app.call('PATCH', `${all}/${id}`, { threshold }, { 'if-match': tag });
    const [first, second] = await Promise.all([change(81), change(82)]);
    expect([first.status, codeOf(second)]).toEqual([200, [412, 'precondition_failed']]);
    const next = first.headers.get('etag')!;
    expect(next).not.toBe(tag);
    const stale = { 'if-match': `W/${next}, ${tag}` };
    expect(codeOf(await app.call('DELETE', `${all}/${id}`, undefined, stale))[0]).toBe(412);
    expect(codeOf(await app.call('PUT', `${all}/${id}`, high, { 'if-match': 'x' }))[0]).toBe(400);
    const fresh = { 'if-match': `${tag}, ${next}` };
    expect((await app.call('DELETE', `${all}/${id}`, undefined, fresh)).status).toBe(204);
  });
});

describe('a document', () => {
  it('is refused with every problem at its path', async () => {
    await begin();
    const { status, body } = await app.call('POST', `${all}/threshold`, {
      ...{ name: 'trend', metric: 'cpu', treshold: 1, severity: 'loud', group: '' },
    });
    const { details } = (body as { error: { details: { problems: { path: string; message: string }[] } } })
      .error;
    expect([status, details.problems.map(({ path }) => path).sort()]).toEqual([
      400,
      ['', 'group', 'name', 'severity', 'treshold'],
    ]);
    expect(details.problems.find(({ path }) => path === 'treshold')?.message).toContain('mean threshold?');
    const wrongType = await app.call('POST', `${all}/trend`, { ...high, type: 'threshold' });
    expect(codeOf(wrongType)).toEqual([400, 'invalid_body']);
    expect(await names()).toEqual(['FromFile']);
  });

  it('of more than 64 KiB is refused, also when patches make it so long', async () => {
    await begin();
    const long = (key: string) =>
      Object.fromEntries([...'abcdefgh'].map((n) => [key + n, 'x'.repeat(8_000)]));
    const more = { b: 'x'.repeat(8_000), c: 'x'.repeat(8_000) };
    const { id } = await make({ ...high, annotations: { ...long('a'), ah: '' } });
    expect(codeOf(await app.call('PATCH', `${all}/${id}`, { annotations: more }))).toEqual([
      413,
      'payload_too_large',
    ]);
    const body = { ...high, annotations: { ...long('a'), ...more } };
    expect(codeOf(await app.call('POST', all, body))).toEqual([413, 'payload_too_large']);
  });

  it('may have the words of the first days, and a patch has its own word for them', async () => {
    await begin();
    const { id } = await make({
      ...{ name: 'seed', metric_name: 'cpu', level: 'HIGH', threshold: 1, operator: '>' },
    });
    const patched = await app.call('PATCH', `${all}/${id}`, { severity: 'critical', metric: 'load' });
    expect(patched.body).toMatchObject({ severity: 'critical', priority: 'P2', metric: 'load' });
    const both = { metric_name: 'cpu', operator: 'gt', threshold: 1 };
    const conditions = [both, { ...both, metric_name: 'load' }];
    const composite = await make({ name: 'seed 2', conditions, logic: 'AND' });
    expect(composite).toMatchObject({ type: 'composite', logic: 'AND' });
  });

  it('can be tried: it is answered as it would be, and nothing is stored', async () => {
    await begin();
    await cpu(1);
    const tried = await app.call('POST', `${all}?dry_run=true`, high);
    expect(tried).toMatchObject({
      status: 200,
      body: { dry_run: true, series: 1, problems: [], rule: { ...high, version: 1 } },
    });
    const unread = await app.call('POST', `${all}?dry_run=true`, { ...high, metric: 'cpuu' });
    expect(unread.body).toMatchObject({ series: 0, problems: [{ message: expect.any(String) }] });
    expect(codeOf(await app.call('POST', `${all}?dry_run=true`, { name: 'x' }))).toEqual([
      400,
      'invalid_body',
    ]);
    expect(await names()).toEqual(['FromFile']);
    const { id } = await make(high);
    await app.call('PATCH', `${all}/${id}?dry_run=true`, { threshold: 1 });
    await cpu(50);
    expect(await alerts()).toEqual([]);
  });
});

describe('a list of rules', () => {
  it('is filtered and paged', async () => {
    await begin();
    await make({ ...high, severity: 'critical', category: 'cost', labels: { team: 'web' } });
    await make({ ...high, name: 'lowCpu', enabled: false, group: 'g' });
    await make({ name: 'Joined', conditions: [{ metric: 'cpu', threshold: 1 }] });
    expect(await names('?name=cPU')).toEqual(['HighCpu', 'lowCpu']);
    expect(await names('?metric=cpu')).toEqual(['HighCpu', 'Joined', 'lowCpu']);
    expect(await names('?enabled=false')).toEqual(['lowCpu']);
    expect(await names('?group=g')).toEqual(['lowCpu']);
    expect(await names('?type=composite')).toEqual(['Joined']);
    expect(await names('?severity=critical&category=cost')).toEqual(['HighCpu']);
    expect(await names(`?match[]=${encodeURIComponent('team=~"web|infra"')}`)).toEqual([
      'FromFile',
      'HighCpu',
    ]);
    expect(codeOf(await app.call('GET', `${all}?match[]=x`))).toEqual([400, 'invalid_query']);
    const first = (await app.call('GET', `${all}?limit=3`)).body as { items: Shown[]; next: string };
    expect(first.items.map(({ name }) => name)).toEqual(['FromFile', 'HighCpu', 'Joined']);
    expect(await names(`?limit=3&cursor=${first.next}`)).toEqual(['lowCpu']);
    expect(codeOf(await app.call('GET', `${all}?cursor=abc`))).toEqual([400, 'invalid_cursor']);
  });

  it('is of one tenant alone, and so are names', async () => {
    await begin();
    const globex = { 'x-tenant-id': 'globex' };
    const ours = await make(high, { 'x-tenant-id': 'acme' });
    await make(high, globex);
    expect(await names('', globex)).toEqual(['HighCpu']);
    expect(codeOf(await app.call('DELETE', `${all}/${ours.id}`, undefined, globex))).toEqual([
      404,
      'rule_not_found',
    ]);
    expect(codeOf(await app.call('GET', `${all}/${ours.id}/versions`, undefined, globex))[0]).toBe(404);
  });
});

describe('a rule that others name', () => {
  it('is neither deleted nor renamed; one that names nothing that is there is refused', async () => {
    await begin();
    const { id } = await make(high);
    const both = { name: 'Both', by: [], conditions: [{ rule: 'HighCpu' }, { not: { rule: 'FromFile' } }] };
    const { id: user } = await make(both);
    const refused = await app.call('DELETE', `${all}/${id}`);
    expect(codeOf(refused)).toEqual([409, 'rule_in_use']);
    expect(refused.body).toMatchObject({ error: { details: { used_by: ['Both'] } } });
    expect(codeOf(await app.call('PATCH', `${all}/${id}`, { name: 'Other' }))).toEqual([409, 'rule_in_use']);
    const unknown = await app.call('PATCH', `${all}/${user}`, {
      conditions: [{ all: [{ rule: 'HihgCpu' }] }],
    });
    expect(unknown.body).toMatchObject({
      error: { code: 'invalid_body', details: { problems: [{ path: 'conditions.0.all.0.rule' }] } },
    });
    expect(codeOf(await app.call('PATCH', `${all}/${user}`, { conditions: [{ rule: 'Both' }] }))[0]).toBe(
      400,
    );
    await app.call('DELETE', `${all}/${user}`);
    expect((await app.call('DELETE', `${all}/${id}`)).status).toBe(204);
  });
});

describe('a rule of a file', () => {
  it('is changed in its file, which is named with the line; its name is taken', async () => {
    await begin();
    for (const [method, path] of [
      ['PUT', '/FromFile'],
      ['PATCH', '/FromFile'],
      ['DELETE', '/FromFile'],
      ['POST', '/FromFile/disable'],
    ] as const) {
      const answer = await app.call(method, all + path, method === 'DELETE' ? undefined : {});
      expect([method, ...codeOf(answer)]).toEqual([method, 409, 'owned_by_file']);
      expect(answer.body).toMatchObject({ error: { details: { file: 'rules.yaml', line: 2 } } });
    }
    expect(codeOf(await app.call('POST', all, { ...high, name: 'FromFile' }))).toEqual([
      409,
      'rule_name_taken',
    ]);
    const { id } = await make(high);
    expect(codeOf(await app.call('POST', all, high))).toEqual([409, 'rule_name_taken']);
    expect(codeOf(await app.call('PATCH', `${all}/${id}`, { name: 'FromFile' }))).toEqual([
      409,
      'rule_name_taken',
    ]);
  });

  it('takes the place of a rule of the API at a start, which says so and can be mended', async () => {
    await begin();
    const { id } = await make({ ...high, threshold: 10 });
    const both = parseRuleFile(
      `${fileRules}  - { name: HighCpu, metric: cpu, threshold: 80 }\n`,
      'rules.yaml',
    );
    app = await app.restart({ rules: both.rules });
    await cpu(50);
    expect(await alerts()).toEqual([]);
    const shown = (await app.call('GET', `${all}/${id}`)).body;
    expect(shown).toMatchObject({
      active: false,
      problems: [{ message: expect.stringContaining('rules.yaml:3') }],
    });
    expect((await app.call('GET', '/health')).body).toMatchObject({ status: 'degraded' });
    expect((await app.call('PATCH', `${all}/${id}`, { name: 'LowerCpu' })).status).toBe(200);
    await cpu(51);
    expect(await alerts()).toEqual([['LowerCpu', 'firing', null]]);
    expect((await app.call('GET', '/health')).body).toMatchObject({ status: 'ok' });
  });

  it('can be enabled and disabled only where it was made', async () => {
    await begin();
    const { id } = await make(high);
    await cpu(91);
    expect((await app.call('POST', `${all}/${id}/disable`)).body).toMatchObject({
      enabled: false,
      version: 2,
    });
    await cpu(92);
    expect(await alerts()).toEqual([['HighCpu', 'resolved', 'rule_removed']]);
    expect((await app.call('POST', `${all}/${id}/enable`, {})).body).toMatchObject({
      enabled: true,
      version: 3,
    });
  });
});
