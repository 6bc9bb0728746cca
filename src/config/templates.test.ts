import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from './load.ts';

function load(text: string) {
  const cwd = mkdtempSync(join(tmpdir(), 'tocsin-templates-'));
  try {
    writeFileSync(join(cwd, 'tocsin.yaml'), text);
    return loadConfig({ cwd, env: {}, flags: {} });
  } finally {
    rmSync(cwd, { recursive: true });
  }
}
function problems(text: string): string[] {
  const loaded = load(text);
  return 'problems' in loaded
    ? loaded.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`)
    : [];
}

it('has templates by name, channels that use them with a language, and a time zone', () => {
  const loaded = load(`
time_zone: Asia/Taipei
templates:
  short: { title: '{{ alert.name }}', text: { en: '{{ count }} alerts', zh-TW: '{{ count }} 則' } }
channels:
  screen: { type: console, template: short, locale: zh-TW }
  other: { type: console }
`);
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const { templates, timeZone, channels } = loaded.config;
  expect([...templates.keys()]).toEqual(['short']);
  expect(timeZone).toBe('Asia/Taipei');
  expect(channels.get('screen')).toMatchObject({
    template: 'short',
    locale: 'zh-TW',
    settings: { max_alerts: 100 },
  });
  expect(channels.get('other')).not.toHaveProperty('template');
});

it('refuses what cannot be said, with its place in the file and in the template', () => {
  expect(
    problems(`
time_zone: Mars/Olympus
templates:
  broken:
    text:
      zh-TW: |
        {{ alert.name }}
        {{ alert.nmae }}
  open: { title: '{% if count %}' }
  empty: {}
  klingon: { text: { tlh: x } }
channels:
  screen: { type: console, template: short }
  other: { type: console, template: opne }
`).map((line) => line.slice(0, 150)),
  ).toMatchInlineSnapshot(`
    [
      "2 time_zone: expected the name of a time zone such as Europe/Vienna",
      "6 templates.broken.text.zh-TW: there is no variable alert.nmae; did you mean name? (line 2, column 4 of the template)",
      "9 templates.open.title: tag {% if count %} not closed (line 1, column 1 of the template)",
      "10 templates.empty: expected title or text, or both",
      "11 templates.klingon.text: expected at least one language",
      "11 templates.klingon.text.tlh: unknown key "tlh"; expected one of en, zh-TW, zh-CN",
      "13 channels.screen.template: there is no template "short"; expected one of broken, open, empty, klingon",
      "14 channels.other.template: there is no template "opne"; did you mean "open"?",
    ]
  `);
});
