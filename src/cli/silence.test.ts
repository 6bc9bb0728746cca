// `tocsin silence` against a running Tocsin.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../testing/test-app.ts';
import { runCli } from './program.ts';

let app: TestApp;
let url: string;
beforeAll(async () => {
  const config = 'listen: 127.0.0.1:0\ncollector: { host: false }\nroute: { group_wait: 0s }\n';
  app = await startTestApp(config, 'rules:\n  - { name: HighCpu, metric: cpu, threshold: 80 }\n', {
    durability: 'normal',
  });
  url = `http://127.0.0.1:${(await app.tocsin.listen()).port}`;
  await app.push([{ metric: 'cpu', labels: { host: 'a' }, value: 99 }]);
});
afterAll(() => app.close());

async function silence(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli({
    argv: ['silence', ...argv, '--url', url],
    env: { TOCSIN_KEY: app.key },
    cwd: app.folder,
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    onStop() {},
    exit(code) {
      throw new Error(`exit ${code}`);
    },
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('tocsin silence', () => {
  it('shows what a silence would hold back, and what it would have', async () => {
    expect(await silence('preview', 'host=a')).toMatchObject({
      code: 0,
      out: [
        'would hold back 1 firing alert (0 held back already) and 0 pending',
        'of 1 group 1 would not say what comes next, 0 would say less',
        '  default: 1 alert in 1 group',
        '  firing {alertname="HighCpu", host="a", severity="warning"}',
      ].join('\n'),
    });
    const tried = await silence('try', 'host=a', '--from', '1h');
    expect(tried).toMatchObject({ code: 0, err: '' });
    expect(tried.out).toMatch(
      /^would have held back 1 message \(1 whole, 0 in part\) about 1 alert, of 1 message\n {2}\S+Z {2}\S+ {2}default first: 1 of 1 alert$/,
    );
    expect(await silence('try', 'host=a', '--from', 'x')).toMatchObject({ code: 2, out: '' });
  });

  it('adds, lists, shows and ends one', async () => {
    const added = await silence(
      'add',
      'host=a',
      'env!=dev',
      '--for',
      '2h',
      '--comment',
      'disk swap',
      '--by',
      'ann',
    );
    expect(added).toMatchObject({ code: 0, err: '' });
    expect(added.out).toMatch(/active .*\{host="a", env!="dev"\} {2}ann: disk swap$/);
    const id = added.out.split(' ')[0]!;
    expect((await silence('list', '--matcher', 'host=a')).out).toBe(added.out);
    expect((await silence('list', '--matcher', 'host=b')).out).toBe('no silences');
    expect((await silence('show', id)).out).toMatch(/\nholds back 1 firing alert now; began to 0 times$/);
    expect((await silence('expire', id)).out).toMatch(/ expired /);
    expect((await silence('list')).out).toBe('no silences');
    const shown = await silence('show', id, '--json');
    expect(JSON.parse(shown.out)).toMatchObject({ id, state: 'expired', holding: 0 });
  });

  it('says why it was refused', async () => {
    expect(await silence('add', 'host=~.*', '--for', '2h', '--comment', 'x')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/refused \(400\)[^\n]*\nmatchers: expected at least one matcher that/),
    });
    expect(
      await silence('add', 'host=a', '--for', '2h', '--comment', 'x', '--recurs', '[{"weekdays":[1]}]'),
    ).toMatchObject({
      code: 1,
      err: expect.stringContaining('\nrecurs.0.weekdays.0: expected a weekday'),
    });
    expect(await silence('add', 'host=a', '--comment', 'x', '--recurs', '[')).toMatchObject({ code: 2 });
    expect(await silence('show', 'none')).toMatchObject({ code: 1, err: expect.stringContaining('404') });
    expect(await silence('add', 'host=a', '--for', '2h')).toMatchObject({ code: 2 });
  });
});
