// What a seed draws of receipts and of the chains behind channels.
import type { Random } from './random.ts';

export interface ReceiptPlan {
  /** Who takes over from a channel, by its name. */
  readonly fallback: Readonly<Record<string, readonly string[]>>;
  /** Share of the accepted messages of which the provider tells what became of them. */
  readonly told: number;
  /** Share of those that did not arrive. */
  readonly lost: number;
  /** Share of the receipts that come again. */
  readonly repeated: number;
  /** Share of those told as lost of which better news comes later. */
  readonly corrected: number;
}

/** Some seeds have receipts. Their own stream: the other draws of the seed are what they were. */
export function drawReceipts(random: Random, channels: readonly string[]): ReceiptPlan | null {
  if (!random.chance(0.4)) return null;
  const fallback: Record<string, readonly string[]> = {};
  channels.forEach((channel, i) => {
    if (i + 1 < channels.length && random.chance(0.6)) fallback[channel] = channels.slice(i + 1);
  });
  return {
    fallback,
    told: random.pick([0.3, 0.9]),
    lost: random.pick([0, 0.05, 0.3]),
    repeated: random.pick([0, 0.3]),
    corrected: random.pick([0, 0.3]),
  };
}
