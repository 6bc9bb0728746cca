import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../cli/program.ts';
import { parseValues } from './series-notation.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tocsin-tests-'));
  write(
    'cpu.yaml',
    `rules:
  - name: HighCpu
    metric: cpu
    operator: gt
    threshold: 80
    for: 1m
    severity: high
    annotations: { summary: "{{ labels.host }} at {{ value }} %" }
`,
  );
});
afterEach(() => rmSync(cwd, { recursive: true }));

function write(name: string, text: string): void {
  writeFileSync(join(cwd, name), text);
}

async function run(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli({
    argv,
    env: {},
    cwd,
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    onStop() {},
    exit: (status) => {
      throw new Error(`exit ${status}`);
    },
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const own = (expectation: string, more = '') => `rules: [cpu.yaml]
tests:
  - name: CPU
    series:
      - { series: 'cpu{host="a"}', values: '50x3 90x12' }
${more}    expect:
      - ${expectation}
`;

describe('the values of a series', () => {
  it.each([
    ['1 2.5 -3e2', [1, 2.5, -300]],
    ['-2+4x3', [-2, 2, 6, 10]],
    ['1-2x4', [1, -1, -3, -5, -7]],
    ['1x2', [1, 1, 1]],
    ['1 _x3 stale 2 _', [1, null, null, null, null, 2, null]],
    ['+Inf -inf', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
  ])('%s', (text, values) => {
    expect(parseValues(text)).toEqual(values);
  });

  it.each(['1 x', '1+x3', '{{schema:1}}', '0x1000000000'])('refuses %s', (text) => {
    expect(parseValues(text)).toHaveProperty('problem');
  });
});

describe('tocsin test', () => {
  it.each([
    '{ at: 2m15s, alerts: [{ rule: HighCpu, labels: { host: a }, severity: high, value: 90, annotations: { summary: a at 90 % } }] }',
    '{ at: 1m45s, alerts: [{ rule: HighCpu, state: pending }] }',
    '{ at: 45s, alerts: [] }',
    '{ at: 3m, messages: [{ receiver: default, reason: first, status: firing, alerts: 1 }] }',
  ])('finds as expected: %s', async (expectation) => {
    write('cpu.test.yaml', own(expectation));
    expect(await run('test', '.')).toMatchObject({ code: 0, err: '', out: 'ok: 1 test in 1 file' });
  });

  it.each([
    ['{ at: 2m15s, alerts: [] }', '+ HighCpu firing {host="a"} severity=high priority=P3 value=90'],
    ['{ at: 1m45s, alerts: [{ rule: HighCpu }] }', '- HighCpu firing {}'],
    ['{ at: 2m15s, alerts: [{ rule: HighCpu, labels: { host: b } }] }', '- HighCpu firing {host="b"}'],
    ['{ at: 2m15s, alerts: [{ rule: HighCpu, value: 91 }] }', '- HighCpu firing {} value=91'],
    [
      '{ at: 2m15s, alerts: [{ rule: HighCpu, severity: critical }] }',
      '- HighCpu firing {} severity=critical',
    ],
    [
      '{ at: 2m15s, alerts: [{ rule: HighCpu, annotations: { summary: b } }] }',
      'annotations={summary="a at 90 %"}',
    ],
    ['{ at: 2m15s, alerts: [{ rule: HighCpu }, { rule: HighCpu }] }', '- HighCpu firing {}'],
    ['{ at: 3m, messages: [] }', '+ message to default reason=first status=firing alerts=1'],
    ['{ at: 3m, messages: [{ receiver: default, reason: repeat }] }', '- message to default reason=repeat'],
    ['{ at: 3m, messages: [{ receiver: default, alerts: 2 }] }', '- message to default alerts=2'],
  ])('fails on a wrong expectation: %s', async (expectation, line) => {
    write('cpu.test.yaml', own(expectation));
    const { code, out } = await run('test', 'cpu.test.yaml');
    expect(out).toMatch(/^FAIL cpu\.test\.yaml:7:9 CPU, at /);
    expect(out).toContain(line);
    expect(out).toMatch(/FAILED: 1 test in 1 file, 1 failed$/);
    expect(code).toBe(1);
  });

  it('takes events, and routes as the configuration has them', async () => {
    const more = `    events: [{ at: 10s, type: login_failed, labels: { user: bob }, severity: warning, message: three times }]
    config:
      receivers: { ops: {}, security: { send_resolved: false } }
      route:
        receiver: ops
        routes: [{ match: ['alertname="login_failed"'], receiver: security, group_wait: 0s }]
`;
    write('cpu.test.yaml', own('{ at: 20s, messages: [{ receiver: security, reason: event }] }', more));
    expect(await run('test', '.')).toMatchObject({ code: 0, err: '' });
  });

  it("reads promtool's format, and says what it cannot try", async () => {
    write(
      'prom.yml',
      `rule_files: [cpu.yaml]
evaluation_interval: 15s
tests:
  - interval: 15s
    input_series:
      - { series: 'cpu{host="a"}', values: '50 90x20' }
    alert_rule_test:
      - { eval_time: 1m, alertname: HighCpu }
      - eval_time: 2m
        alertname: HighCpu
        exp_alerts:
          - exp_labels: { severity: high, host: a }
            exp_annotations: { summary: a at 90 % }
    promql_expr_test:
      - { expr: cpu, eval_time: 1m, exp_samples: [] }
`,
    );
    const { code, out } = await run('test', 'prom.yml');
    expect([code, out]).toEqual([
      0,
      'NOT TRIED prom.yml:15:9 promql_expr_test: there is no PromQL here\nok: 1 test in 1 file, 1 not tried',
    ]);
    const text = readFileSync(join(cwd, 'prom.yml'), 'utf8');
    for (const [right, wrong] of [
      ['host: a }', 'host: b }'],
      ['host: a }', 'host: a, zone: x }'],
      ['            exp_annotations: { summary: a at 90 % }\n', ''],
      ['eval_time: 2m', 'eval_time: 1m'],
    ] as const) {
      write('prom.yml', text.replace(right, wrong));
      expect([wrong, (await run('test', 'prom.yml')).code]).toEqual([wrong, 1]);
    }
  });

  it.each([
    ['at: soon, alerts: []', /^cpu\.test\.yaml:7:15 .*duration/m],
    ['at: 1m', /^cpu\.test\.yaml:7:9 .*expected alerts, messages or routes/m],
    ['at: 1m, alert: []', /^cpu\.test\.yaml:7:19 .*did you mean "alerts"/m],
    [
      'at: 1m, alerts: [{ rule: HihgCpu }]',
      /^cpu\.test\.yaml:7:36 .*no rule of this test is called "HihgCpu"/m,
    ],
  ])('says where a file is wrong: %s', async (check, problem) => {
    write('cpu.test.yaml', own(`{ ${check} }`));
    const { code, err } = await run('test', '.');
    expect(err).toMatch(problem);
    expect(code).toBe(2);
  });

  it('says when a rule file is wrong, or not there, or there is nothing to test', async () => {
    expect(await run('test', '.')).toMatchObject({ code: 2, err: expect.stringContaining('no *.test.yaml') });
    write('cpu.test.yaml', own('{ at: 1m, alerts: [] }').replace('cpu.yaml', 'gpu.yaml'));
    expect((await run('test', '.')).err).toMatch(/^cpu\.test\.yaml:1:8 .*gpu\.yaml: there is no such file/m);
    write('gpu.yaml', 'rules: [{ name: X, metric: x, operator: gt }]');
    expect((await run('test', '.')).err).toMatch(/^gpu\.yaml:1:\d+ .*threshold/m);
  });

  it('writes JUnit XML', async () => {
    write(
      'cpu.test.yaml',
      own('{ at: 2m15s, alerts: [] }').replace('name: CPU', 'name: "CPU <hot> & \\u0001"'),
    );
    expect((await run('test', '.', '--junit', 'out.xml')).code).toBe(1);
    const xml = readFileSync(join(cwd, 'out.xml'), 'utf8');
    expect(xml).toContain('<testsuite name="cpu.test.yaml" tests="1" failures="1" errors="0" skipped="0">');
    expect(xml).toContain(
      'name="CPU &lt;hot&gt; &amp; \ufffd"><failure message="1 failed">FAIL cpu.test.yaml:7:9',
    );
  });

  it('is beside the rules: check leaves tests out of them, and says what is wrong with tests, too', async () => {
    write('cpu.test.yaml', own('{ at: 45s, alerts: [] }'));
    expect((await run('check', '--rules', '.')).out).toContain('1 rule in 1 file');
    write('cpu.test.yaml', own('{ at: soon, alerts: [] }'));
    const { code, out } = await run('check', '--rules', '.');
    expect([code, out]).toEqual([1, expect.stringMatching(/^cpu\.test\.yaml:7:15 .*duration/)]);
  });
});
