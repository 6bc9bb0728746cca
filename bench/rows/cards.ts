// What a message costs in CPU before it goes out: of every channel in turn, with the sample that previews show, in
// the configuration of its example, and of the compiled program: the loader that runs the sources gives every closure a name
// at each call, a third of the time. Judged is the dearest.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { channels as shippedChannels } from '../../channels/index.ts';
import type { AlertMessage } from '../../channels/message.ts';
import { sampleMessage } from '../../channels/sample-message.ts';
import { exampleSettings } from '../../src/testing/example-settings.ts';
import { atMost } from '../report.ts';
import type { Scenario } from '../scenario.ts';
import { median } from '../statistics.ts';

const rounds = 7;
const barUs = 40;

export const cards: Scenario = {
  id: 'card.render',
  onlyTimes: true,
  async run({ report, root, built, short }) {
    const compiled = pathToFileURL(join(built, 'channels/index.js')).href;
    const { channels } = (await import(compiled)) as { readonly channels: typeof shippedChannels };
    const count = short ? 1_000 : 5_000;
    const message = sampleMessage('firing');
    const us: Record<string, number> = {};
    const spreads: Record<string, readonly [number, number]> = {};
    for (const [kind, definition] of Object.entries(channels)) {
      // The definitions differ in their settings, and each gets its own.
      const render = definition.render as (message: AlertMessage, context: object) => unknown;
      const context = { config: exampleSettings(root, kind), locale: 'zh-TW' };
      const each: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const before = process.cpuUsage();
        for (let i = 0; i < count; i++) render(message, context);
        const { user, system } = process.cpuUsage(before);
        // The first round compiles the code.
        if (round > 0) each.push((user + system) / count);
      }
      us[kind] = median(each);
      spreads[kind] = [Math.min(...each), Math.max(...each)];
    }
    const dearest = Object.keys(us).reduce((most, kind) => (us[kind]! > us[most]! ? kind : most));
    report.row({
      id: 'card.render',
      value: us[dearest]!,
      unit: `CPU µs a message of two alerts in Chinese, the dearest of ${Object.keys(us).length} channels: ${dearest}`,
      spread: spreads[dearest]!,
      bar: atMost(barUs),
      also: us,
    });
  },
};
