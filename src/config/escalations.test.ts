// Escalations as a file says them, and what is wrong with them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from './load.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tocsin-escalations-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

function load(text: string) {
  const channels = `channels:
  screen: { type: console }
people: { ann: {}, bob: {} }
teams: { ops: [ann, bob] }
time_intervals: [{ name: office, time_intervals: [{ times: [{ start_time: '09:00', end_time: '17:00' }] }] }]
receivers: { chat: { channels: [screen], escalation: page } }
`;
  writeFileSync(join(cwd, 'tocsin.yaml'), channels + text);
  return loadConfig({ cwd, env: {}, flags: {} });
}
function problems(text: string): string[] {
  const loaded = load(text);
  if ('config' in loaded) throw new Error('expected problems');
  return loaded.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

describe('escalations of a file', () => {
  it('are policies by name, of receivers and routes; a route may want none', () => {
    const loaded = load(`
escalations:
  page:
    steps:
      - { after: 10m, to: [ann, 'channel:screen'], when: { severity: [high, critical], time_intervals: [office] } }
      - { after: 30m, to: ['team:ops'], strategy: critical }
    repeat: 2
    confirm: all
    promote: [{ from: medium, after: 10m, to: high, while: unresolved }]
route: { receiver: chat, routes: [{ match: ['team="web"'], escalation: false }] }
`);
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
    const { routing } = loaded.config;
    expect(routing.receivers.get('chat')).toMatchObject({ escalation: 'page' });
    expect(routing.route.escalation).toBeUndefined();
    expect(routing.route.routes[0]!.escalation).toBeNull();
    expect(routing.escalations!.get('page')).toMatchObject({
      ...{ name: 'page', repeat: 2, confirm: 'all' },
      steps: [
        {
          ...{
            afterMs: 600_000,
            severities: ['high', 'critical'],
            during: [{ name: 'office' }],
            strategy: null,
          },
          to: [
            { kind: 'person', name: 'ann' },
            { kind: 'channel', name: 'screen' },
          ],
        },
        { afterMs: 1_800_000, severities: null, during: [], strategy: 'critical' },
      ],
      promote: [{ from: 'warning', afterMs: 600_000, to: 'high', while: 'unresolved' }],
    });
  });

  it('name what there is', () => {
    expect(
      problems(`
escalations:
  pages:
    steps:
      - { after: 10m, to: [anne, 'team:op'], strategy: criticl, when: { time_intervals: [offices] } }
route: { receiver: chat, routes: [{ match: ['team="web"'], escalation: pagess }] }
`),
    ).toEqual([
      '6 receivers.chat.escalation: there is no escalation "page"; did you mean "pages"?',
      '11 escalations.pages.steps.0.to.0: there is no person "anne"; did you mean "ann"?',
      '11 escalations.pages.steps.0.to.1: there is no team "op"; did you mean "ops"?',
      '11 escalations.pages.steps.0.strategy: there is no strategy "criticl"; did you mean "critical"?',
      '11 escalations.pages.steps.0.when.time_intervals.0: there is no time interval "offices"; did you mean "office"?',
      '12 route.routes.0.escalation: there is no escalation "pagess"; did you mean "pages"?',
    ]);
  });

  it.each([
    ['{ steps: [{ after: 0s, to: [ann] }] }', 'steps.0.after: expected a duration above 0'],
    ['{ steps: [] }', 'steps: is required: expected at least one step, or `promote`'],
    [
      '{ promote: [{ from: high, after: 1m, to: warning }] }',
      'promote.0.to: expected a severity that is more urgent than `from`',
    ],
    ['{ steps: [{ after: 1m, to: [ann] }], repeat: 101 }', 'repeat: expected at most 100'],
  ])('%s is refused', (text, problem) => {
    const found = problems(`escalations: { page: ${text} }\n`);
    expect(found.map((line) => line.replace(/^\d+ escalations\.page\./, ''))).toContain(problem);
  });
});
