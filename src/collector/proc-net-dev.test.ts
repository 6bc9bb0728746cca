import { expect, it } from 'vitest';
import { parseNetDev } from './proc-net-dev.ts';

it('reads received and transmitted bytes of each device', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1000       10    0    0    0     0          0         0 2000       10    0    0    0     0       0          0
  eth0:123456789 99999    1    2    0     0          0         3 987654 8888    0    0    0     0       0          0
eth0:1:       5        1    0    0    0     0          0         0        6        1    0    0    0     0       0          0
`;
  expect([...parseNetDev(text)]).toEqual([
    ['lo', { received: 1000, transmitted: 2000 }],
    ['eth0', { received: 123456789, transmitted: 987654 }],
    ['eth0:1', { received: 5, transmitted: 6 }],
  ]);
});

it('leaves out lines that look otherwise', () => {
  expect(parseNetDev('').size).toBe(0);
  expect(parseNetDev('eth0: 1 2 3\neth1: x x x x x x x x x x\n').size).toBe(0);
});
