// Who is on call, asked from a terminal.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { serve } from '../http/server.ts';
import type { Schedule } from '../policy/on-call/schedule.ts';
import { httpStage } from '../testing/http-stage.ts';
import { runCli } from './program.ts';

async function run(cwd: string, ...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli({
    argv,
    env: {},
    cwd,
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    onStop: () => {},
    exit: () => {},
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const dayMs = 86_400_000;
const schedule = (
  name: string,
  turns: string[][],
  hours: Schedule['layers'][number]['hours'] = null,
): Schedule => ({
  name,
  timeZone: 'UTC',
  layers: [{ name: 'all', startsAt: Date.UTC(2020, 0, 6, 9), everyMs: 7 * dayMs, turns, hours }],
  overrides: [],
  allowGaps: true,
});

it('says who is on call, until when and who is next, in the time zone of whoever asks', async () => {
  const stage = httpStage();
  stage.schedules = new Map(
    [
      schedule('primary', [['ann'], ['bob', 'cy']]),
      schedule('alone', [['dee']]),
      schedule('office', [['eve']], [{ days: null, from: 540, to: 1_020 }]),
    ].map((one) => [one.name, one]),
  );
  const listening = await serve(stage.app, { host: '127.0.0.1', port: 0 });
  const to = [
    '--url',
    `http://127.0.0.1:${listening.port}`,
    '--key',
    stage.keys.viewer,
    '--tz',
    'Asia/Taipei',
  ];
  const ask = (...argv: string[]) => run('/', 'on-call', ...argv, ...to);
  try {
    // Tuesday 9 January 2024, 18:00 in Taipei.
    const at = ['--at', '2024-01-09 18:00'];
    expect(await ask(...at)).toEqual({
      code: 0,
      out: [
        'alone: dee',
        'office: eve until 2024-01-10 01:00, then nobody until 2024-01-10 17:00, then eve',
        'primary: bob, cy until 2024-01-15 17:00, then ann',
      ].join('\n'),
      err: '',
    });
    expect(await ask('office', '--at', '2024-01-09T18:00:00Z')).toMatchObject({
      out: 'office: nobody until 2024-01-10 17:00, then eve',
    });
    expect(await ask('primary', '--next', ...at)).toMatchObject({
      out: 'primary: ann from 2024-01-15 17:00',
    });
    expect(await ask('alone', '--next', ...at)).toMatchObject({ out: 'alone: nobody else within 400 days' });
    const { out } = await ask('primary', '--json', '--at', '22:00');
    expect(JSON.parse(out)).toMatchObject({
      at: expect.stringContaining('T14:00:00.000Z'),
      items: [{ schedule: 'primary' }],
    });
    expect(await ask('second')).toMatchObject({
      code: 1,
      err: 'there is no schedule "second"; expected one of alone, office, primary',
    });
    for (const wrong of [
      ['--at', 'soon'],
      ['--tz', 'Mars'],
    ])
      expect(await run('/', 'on-call', ...to.slice(0, 4), ...wrong)).toMatchObject({
        code: 2,
        err: expect.stringContaining('expected'),
      });
  } finally {
    await listening.close();
    stage.close();
  }
});

it('is said by a check of the configuration, and so is a gap that is allowed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-on-call-'));
  const layer = (more: string) =>
    `layers: [{ name: all, start: 2020-01-06, every: 1d, people: [ann]${more} }]`;
  const night = ", restrict: [{ from: '22:00', to: '06:00' }]";
  writeFileSync(
    join(folder, 'tocsin.yaml'),
    `schedules:\n  primary: { ${layer('')} }\n  nights: { allow_gaps: true, ${layer(night)} }\ntenants:\n  acme: { schedules: { theirs: { ${layer('')} } } }\n`,
  );
  try {
    const { code, out } = await run(folder, 'check');
    expect([code, out]).toEqual([0, out]);
    expect(out).toContain('on call: primary: ann\n');
    expect(out).toContain('on call: acme theirs: ann');
    expect(out).toMatch(/^warning: nights: nobody is on call from \d{4}-\d\d-\d\d \d\d:\d\d to /m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
