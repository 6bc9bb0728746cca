// The oracle of acknowledgements: until when a client was told that one holds.
import type { AlertRow } from '../../pipeline/rows.ts';
import type { World } from './world.ts';

export class Acks {
  readonly #world: World;
  readonly #told = new Map<string, { at: number; until: number | null }>();
  readonly #takenBackAt = new Map<string, number>();
  readonly #asking = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A client was told that its acknowledgement holds until then; null: to the end of the episode. */
  acknowledged(alertId: string, until: number | null): void {
    this.#told.set(alertId, { at: this.#world.clock.now(), until });
  }

  /** A client asks for an acknowledgement, until the answer is there. */
  acknowledging(alertId: string): () => void {
    this.#asking.set(alertId, (this.#asking.get(alertId) ?? 0) + 1);
    return () => {
      this.#asking.set(alertId, (this.#asking.get(alertId) ?? 1) - 1);
    };
  }

  /** Whether somebody waits for an answer about the alert. */
  asksFor(alertId: string): boolean {
    return (this.#asking.get(alertId) ?? 0) > 0;
  }

  /** A client was told that nobody has acknowledged it any more. */
  takenBack(alertId: string): void {
    this.#told.delete(alertId);
    this.#takenBackAt.set(alertId, this.#world.clock.now());
  }

  /** When that was; 0: never. It is repeated as if nobody had ever had it. */
  takenBackAt(alertId: string): number {
    return this.#takenBackAt.get(alertId) ?? 0;
  }

  /** It was acknowledged and nobody was told: nothing is known of it. */
  forget(alertId: string): void {
    this.#told.delete(alertId);
  }

  /** Whether repeats of the alert are held back, for all that a client was told. */
  holds(alertId: string, at: number): boolean {
    const ack = this.#told.get(alertId);
    return ack !== undefined && ack.at < at && (ack.until === null || ack.until > at);
  }

  /** When the acknowledgement that a client was told of ends; Infinity where it does not, or may be another since. */
  until(row: AlertRow, now: number): number {
    if (row.ackedAt === null) return 0;
    const told = this.#told.get(row.id);
    if (told === undefined || told.until === null || (this.#asking.get(row.id) ?? 0) > 0)
      return Number.POSITIVE_INFINITY;
    return told.until > now ? Number.POSITIVE_INFINITY : told.until;
  }
}
