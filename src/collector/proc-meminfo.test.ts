import { expect, it } from 'vitest';
import { parseMeminfo } from './proc-meminfo.ts';

it('reads total and available memory', () => {
  const text = `MemTotal:       24562468 kB
MemFree:         1193444 kB
MemAvailable:   21163560 kB
Buffers:          392356 kB
HugePages_Total:       0
`;
  expect(parseMeminfo(text)).toEqual({ totalBytes: 24562468 * 1024, availableBytes: 21163560 * 1024 });
});

it('says so when there is nothing to read', () => {
  expect(parseMeminfo('')).toBeNull();
  expect(parseMeminfo('MemTotal:       24562468 kB\nMemFree: 1 kB\n')).toBeNull();
});
