// A channel on which every attempt succeeds at once; what it was given is in the record already.
import { z } from 'zod';
import { type ChannelDefinition, defineChannel } from '../../channels/channel.ts';
import type { OpenChannel } from '../delivery/open-channels.ts';

export const captureName = 'capture';

const instance = { send: async () => ({ kind: 'delivered' as const }), close: async () => {} };

const definition = defineChannel({
  kind: 'capture',
  label: { en: 'Capture', 'zh-TW': '擷取', 'zh-CN': '捕获' },
  config: z.strictObject({}),
  limits: { maxBytes: 1024 * 1024, concurrency: 1_000, deadlineMs: 1_000 },
  render: () => null,
  open: () => instance,
});

export const capture: OpenChannel = {
  name: captureName,
  type: definition.kind,
  definition: definition as unknown as ChannelDefinition,
  settings: {},
  instance,
};
