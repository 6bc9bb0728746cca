// A channel host on real parts: the egress of the program, allowed to reach this machine only.
import type { ChannelHost } from '../../channels/channel.ts';
import { createEgress, type EgressOptions } from '../delivery/egress.ts';

export interface TestHost {
  readonly host: ChannelHost;
  /** What was printed. */
  readonly printed: readonly string[];
  close(): Promise<void>;
}

export function startTestHost(
  allow: readonly string[] = ['127.0.0.0/8'],
  now = () => 1_700_000_000_000,
  more: Omit<EgressOptions, 'allow'> = {},
): TestHost {
  const egress = createEgress({ ...more, allow });
  const printed: string[] = [];
  return {
    host: {
      dispatcher: () => egress.dispatcher(),
      connect: egress.connect,
      now,
      print: (line) => printed.push(line),
    },
    printed,
    close: () => egress.close(),
  };
}
