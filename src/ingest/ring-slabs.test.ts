import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RingSlab, SpareChunks } from './ring-slabs.ts';

const chunkBytes = 8_192 * 16;

describe('RingSlab', () => {
  it('never gives two owners the same memory', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 200 }), (steps) => {
        const slab = new RingSlab(2_048, new SpareChunks()); // four rings a chunk, so that chunks come and go
        const owned: number[] = [];
        for (const step of steps) {
          if (step > 0) for (let i = 0; i < step; i++) owned.push(slab.take());
          else
            for (let i = step; i < 0 && owned.length > 0; i++)
              slab.giveBack(owned.splice(i % owned.length, 1)[0]!);
          owned.forEach((slot, i) => {
            slab.chunk(slot).times.fill(i, slab.base(slot), slab.base(slot) + slab.size);
          });
          owned.forEach((slot, i) => {
            const base = slab.base(slot);
            expect(slab.chunk(slot).times[base]).toBe(i);
            expect(slab.chunk(slot).times[base + slab.size - 1]).toBe(i);
          });
        }
      }),
    );
  });

  it('drops chunks that nobody uses', () => {
    const slab = new RingSlab(4_096, new SpareChunks());
    expect(slab.bytes).toBe(0);
    const slots = Array.from({ length: 10 }, () => slab.take());
    expect(slab.bytes).toBe(5 * chunkBytes);
    for (const slot of slots.slice(2)) slab.giveBack(slot);
    expect(slab.bytes).toBe(chunkBytes);
    for (const slot of slots.slice(0, 2)) slab.giveBack(slot);
    expect(slab.bytes).toBe(0);
    slab.take();
    expect(slab.bytes).toBe(chunkBytes);
  });
});
