// What every channel sends, by language and state, as files: the diff is the review. A channel is here because it is in the
// registry; its configuration is its example.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ChannelDefinition } from './channel.ts';
import { channels } from './index.ts';
import { locales } from './message.ts';
import { sampleMessage } from './sample-message.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const write = 'npx vitest run channels/golden.test.ts -u';
const common = new Set(['type', 'enabled', 'fallback', 'template', 'locale', 'limits', 'budget', 'cost']);

/** The settings of the example, with a text in place of each reference. */
function settingsOf(kind: string, definition: ChannelDefinition): unknown {
  const text = readFileSync(join(folder, `../examples/channels/${kind}.yaml`), 'utf8');
  const filled = text.replace(/\$\{(?:env|file):[^}]*\}/g, 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0');
  const written = Object.values(
    (parse(filled) as { channels: Record<string, Record<string, unknown>> }).channels,
  );
  const { providers, ...all } = written.find(({ type }) => type === kind) ?? {};
  const [first = {}] = (providers ?? []) as Record<string, unknown>[];
  const own = Object.entries({ ...all, ...first }).filter(([key]) => !common.has(key));
  return definition.config.parse(Object.fromEntries(own));
}

/** Texts that are JSON are shown as such, so that their lines can be compared. */
function shown(payload: unknown): string {
  const value = typeof payload === 'string' && /^[[{]/.test(payload) ? JSON.parse(payload) : payload;
  return `${JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? Buffer.from(part).toString('utf8') : part), 2)}\n`;
}

describe.each(Object.entries<ChannelDefinition>(channels))('the messages of %s', (kind, definition) => {
  const settings = settingsOf(kind, definition);
  for (const locale of locales) {
    it.each(['firing', 'resolved'] as const)(`are as in the golden file (${locale}, %s)`, async (state) => {
      const file = join(folder, 'golden', `${kind}.${locale}.${state}.json`);
      const { snapshotState } = expect.getState();
      const updates = (snapshotState as unknown as { _updateSnapshot?: string })._updateSnapshot === 'all';
      if (!existsSync(file) && !updates) expect.fail(`there is no ${file}; write it with: ${write}`);
      const payload = definition.render({ ...sampleMessage(state), locale }, { config: settings, locale });
      await expect(shown(payload)).toMatchFileSnapshot(file);
    });
  }
});
