import { describe, expect, it } from 'vitest';
import { bits, PairStates } from './pair-states.ts';

describe('the states of pairs', () => {
  it('keep verdict, bits and wake time apart from each other and from their neighbours', () => {
    const states = new PairStates();
    const block = states.take(Uint8Array.of(0, bits.unwatched, 0));
    states.setVerdict(block + 1, 'true');
    states.setWakeAt(block + 1, Number.NEGATIVE_INFINITY);
    states.set(block + 1, bits.quiet, true);
    states.setVerdict(block + 1, 'false');
    states.set(block + 1, bits.unwatched, false);
    expect(states.verdict(block + 1)).toBe('false');
    expect(states.wakeAt(block + 1)).toBe(Number.NEGATIVE_INFINITY);
    expect([bits.quiet, bits.unwatched].map((bit) => states.has(block + 1, bit))).toEqual([true, false]);
    states.setWakeAt(block + 1, Number.POSITIVE_INFINITY);
    expect(states.bytes[block + 1]).toBe(bits.quiet | 1);
    expect([states.bytes[block], states.bytes[block + 2]]).toEqual([0, 0]);
  });

  it('begin anew in a block that was given back, and never share one', () => {
    const states = new PairStates();
    const blocks = [1, 8, 9, 16, 17, 1_000].map((count) => ({
      count,
      block: states.take(new Uint8Array(count)),
    }));
    blocks.sort((a, b) => a.block - b.block);
    for (let i = 1; i < blocks.length; i++)
      expect(blocks[i]!.block).toBeGreaterThanOrEqual(blocks[i - 1]!.block + blocks[i - 1]!.count);
    const { block } = blocks.find(({ count }) => count === 9)!;
    states.setVerdict(block + 8, 'true');
    states.setWakeAt(block + 8, 5);
    states.giveBack(block, 9);
    expect(states.take(new Uint8Array(16))).toBe(block);
    expect([states.verdict(block + 8), states.wakeAt(block + 8)]).toEqual(['unknown', Infinity]);
  });
});
