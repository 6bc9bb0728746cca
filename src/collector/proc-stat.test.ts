import { describe, expect, it } from 'vitest';
import { parseProcStat, parsePsTime } from './proc-stat.ts';

describe('parseProcStat', () => {
  it('adds user and kernel time, whatever the program is called', () => {
    const rest =
      'S 1 42 42 0 -1 4194560 12345 0 7 0 150 25 0 0 20 0 11 0 987654 1000000000 12345 18446744073709551615';
    expect(parseProcStat(`42 (node) ${rest}`)).toEqual({ cpuMs: 1_750, started: '987654' });
    expect(parseProcStat(`42 (a) R (b 1 2) ${rest}\n`)).toEqual({ cpuMs: 1_750, started: '987654' });
  });

  it('says so when it is something else', () => {
    expect(parseProcStat('')).toBeNull();
    expect(parseProcStat('42 (node) S 1 2')).toBeNull();
  });
});

describe('parsePsTime', () => {
  it('reads the forms that ps prints', () => {
    expect(parsePsTime('00:01')).toBe(1_000);
    expect(parsePsTime('  0:01.27\n')).toBe(1_270);
    expect(parsePsTime('01:02:03')).toBe(3_723_000);
    expect(parsePsTime('2-01:00:00')).toBe(49 * 3_600_000);
  });

  it('says so when it is something else', () => {
    expect(parsePsTime('')).toBeNull();
    expect(parsePsTime('TIME')).toBeNull();
  });
});
