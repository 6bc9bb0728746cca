// The examples of docs/templates.md are read and rendered.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { sampleMessage } from '../../channels/sample-message.ts';
import { Wordings } from '../delivery/wordings.ts';
import { loadConfig } from './load.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/templates.md', import.meta.url)), 'utf8');

it('the page about templates shows some that can be copied', () => {
  const [, yaml] = /^```yaml\n([\s\S]*?)^```/m.exec(page)!;
  const cwd = mkdtempSync(join(tmpdir(), 'tocsin-page-'));
  writeFileSync(join(cwd, 'tocsin.yaml'), yaml!);
  const loaded = loadConfig({ cwd, env: {}, flags: {} });
  rmSync(cwd, { recursive: true });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const { templates, timeZone, channels } = loaded.config;
  const wordings = new Wordings(templates, timeZone);
  const said = [...channels.values()].map(
    (channel) => wordings.say({}, channel, sampleMessage('firing'), false).words,
  );
  expect(said).toMatchInlineSnapshot(`
    [
      {
        "text": "CPU of web-1 at 91.2 % (91.2346, > 80 for 30 s), for 12 min
    Disk /data of db-1 is 95 % full *&<soon>_ (95, >= 95), for 1 h 12 min

    ",
        "title": "critical: HighCpu",
      },
      {
        "text": "觸發中 (新告警): web-1 https://wiki.example.com/runbooks/high-cpu",
        "title": "ops 有 2 則告警",
      },
    ]
  `);
});
