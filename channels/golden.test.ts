// What every channel sends, by language and state, as files: the diff is the review. A channel is here because it is in the
// registry; its configuration is its example.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exampleSettings } from '../src/testing/example-settings.ts';
import type { ChannelDefinition } from './channel.ts';
import { channels } from './index.ts';
import { locales } from './message.ts';
import { sampleAnalysed, sampleDigest, sampleMessage } from './sample-message.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const write = 'npx vitest run channels/golden.test.ts -u';

/** Texts that are JSON are shown as such, so that their lines can be compared. */
function shown(payload: unknown): string {
  const value = typeof payload === 'string' && /^[[{]/.test(payload) ? JSON.parse(payload) : payload;
  return `${JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? Buffer.from(part).toString('utf8') : part), 2)}\n`;
}

describe.each(Object.entries<ChannelDefinition>(channels))('the messages of %s', (kind, definition) => {
  const settings = exampleSettings(join(folder, '..'), kind);
  for (const locale of locales) {
    it.each(['firing', 'resolved', 'digest', 'analysed'] as const)(
      `are as in the golden file (${locale}, %s)`,
      async (state) => {
        const file = join(folder, 'golden', `${kind}.${locale}.${state}.json`);
        const { snapshotState } = expect.getState();
        const updates = (snapshotState as unknown as { _updateSnapshot?: string })._updateSnapshot === 'all';
        if (!existsSync(file) && !updates) expect.fail(`there is no ${file}; write it with: ${write}`);
        const message =
          state === 'digest'
            ? sampleDigest()
            : state === 'analysed'
              ? sampleAnalysed()
              : sampleMessage(state);
        const payload = definition.render({ ...message, locale }, { config: settings, locale });
        await expect(shown(payload)).toMatchFileSnapshot(file);
      },
    );
  }
});
