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

const rounds = 41;
/** They compile the code. */
const warmUp = 5;
const barUs = 40;

export const cards: Scenario = {
  id: 'card.render',
  onlyTimes: true,
  async run({ report, root, built, short }) {
    const compiled = pathToFileURL(join(built, 'channels/index.js')).href;
    const { channels } = (await import(compiled)) as { readonly channels: typeof shippedChannels };
    const count = short ? 200 : 1_000;
    const message = sampleMessage('firing');
    const kinds = Object.entries(channels).map(([kind, definition]) => {
      // The definitions differ in their settings, and each gets its own.
      const render = definition.render as (message: AlertMessage, context: object) => unknown;
      const context = { config: exampleSettings(root, kind), locale: 'zh-TW' };
      return { kind, render: () => render(message, context), each: [] as number[] };
    });
    // In turn, so that a bad moment of the machine is a moment of them all.
    for (let round = 0; round < warmUp + rounds; round++)
      for (const { render, each } of kinds) {
        const before = process.cpuUsage();
        for (let i = 0; i < count; i++) render();
        const { user, system } = process.cpuUsage(before);
        if (round >= warmUp) each.push((user + system) / count);
      }
    const us = Object.fromEntries(kinds.map(({ kind, each }) => [kind, median(each)]));
    const dearest = Object.keys(us).reduce((most, kind) => (us[kind]! > us[most]! ? kind : most));
    const spread = kinds.find(({ kind }) => kind === dearest)!.each;
    report.row({
      id: 'card.render',
      value: us[dearest]!,
      unit: `CPU µs a message of two alerts in Chinese, the dearest of ${Object.keys(us).length} channels: ${dearest}`,
      spread: [Math.min(...spread), Math.max(...spread)],
      bar: atMost(barUs),
      also: us,
    });
  },
};
