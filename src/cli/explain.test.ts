// Asking why from a terminal: the page of a running Tocsin, and times as people type them.
import { describe, expect, it } from 'vitest';
import { serve } from '../http/server.ts';
import { httpStage } from '../testing/http-stage.ts';
import { timeIn } from './explain-time.ts';
import { runCli } from './program.ts';

async function run(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli({
    argv: ['explain', ...argv],
    env: {},
    cwd: '/',
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    onStop: () => {},
    exit: () => {},
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

it('prints the page of an alert, or of a question; and says what is wrong with one', async () => {
  const stage = httpStage();
  const listening = await serve(stage.app, { host: '127.0.0.1', port: 0 });
  const to = ['--url', `http://127.0.0.1:${listening.port}`, '--key', stage.keys.viewer];
  try {
    const { id } = stage.addAlert();
    const at = '2023-11-15 06:13:20';
    expect(await run(id, '--tz', 'Asia/Taipei', ...to)).toMatchObject({
      code: 0,
      out: expect.stringContaining(`HighCpu{host="a"} (warning) has been firing since ${at}.`),
    });
    const asked = await run('--label', 'host=a', '--at', at, '--tz', 'Asia/Taipei', ...to);
    expect(asked).toMatchObject({ code: 0, out: expect.stringContaining('1 alert or event with') });
    const json = await run('--match', 'host=~"a|b"', '--at', '2023-11-14T22:13:20Z', '--json', ...to);
    expect(JSON.parse(json.out)).toMatchObject({ alerts: [{ alert: { id } }], matchers: ['host=~"a|b"'] });

    expect(await run('nothing', ...to)).toMatchObject({ code: 1, err: expect.stringContaining('(404)') });
    expect(await run('--match', 'host', ...to)).toMatchObject({
      code: 1,
      err: expect.stringContaining('expected one of = != =~ !~'),
    });
    for (const wrong of [
      [],
      [id, '--at', '03:00'],
      ['--label', 'a=b', '--at', 'soon'],
      ['--label', 'a=b', '--tz', 'Mars'],
    ])
      expect(await run(...wrong, ...to)).toMatchObject({ code: 2, err: expect.stringContaining('expected') });
  } finally {
    await listening.close();
    stage.close();
  }
});

describe('a time as it is typed', () => {
  const now = Date.parse('2026-03-14T04:30:00Z');
  it.each([
    ['03:00', 'UTC', '2026-03-14T03:00:00Z'],
    ['05:00', 'UTC', '2026-03-13T05:00:00Z'],
    ['3:00', 'Asia/Taipei', '2026-03-13T19:00:00Z'],
    ['23:30', 'America/New_York', '2026-03-14T03:30:00Z'],
    ['2026-03-08 03:30', 'America/New_York', '2026-03-08T07:30:00Z'],
    ['2026-03-08 01:30', 'America/New_York', '2026-03-08T06:30:00Z'],
    ['2026-03-14T03:00:05+08:00', 'UTC', '2026-03-13T19:00:05Z'],
    ['2h', 'UTC', '2026-03-14T02:30:00Z'],
  ])('%s in %s is %s', (text, zone, expected) => {
    expect(new Date(timeIn(text, zone, now)!).toISOString()).toBe(expected.replace('Z', '.000Z'));
  });

  it.each(['', 'soon', '25:00', '2026-13-01 03:00', '2026-03-14'])('%j is none', (text) => {
    expect(timeIn(text, 'UTC', now)).toBeNull();
  });
});
