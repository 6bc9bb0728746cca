// Turns that are committed and not yet on the disk. The loop goes on meanwhile; what a turn has to say to anybody - answers,
// deliveries, events - waits, and is said in the order of the turns.
import type { Store, StoreError } from '../store/store.ts';
import type { Turn } from './turn.ts';

/** Whether what was leased may go out: not where everything is about to be loaded again, which voids each lease. */
export type Leases = 'hold' | 'void';

/** With a disk so slow that more would wait the loop waits for it. */
const mostTurns = 32;

export interface AwaitingDiskPorts {
  readonly store: Pick<Store, 'onDisk' | 'sync'>;
  /** The disk did not take what the turn committed, or what follows from it threw. */
  readonly failed: (turn: Turn, error: unknown) => void;
}

export class AwaitingDisk {
  readonly #ports: AwaitingDiskPorts;
  #turns = 0;
  #held = 0;
  #abandoned = false;
  #leases: Leases = 'hold';

  constructor(ports: AwaitingDiskPorts) {
    this.#ports = ports;
  }

  /** Turns that are committed and not told. */
  get turns(): number {
    return this.#turns;
  }

  /** How often the loop waited because too many turns did. */
  get held(): number {
    return this.#held;
  }

  /** Calls `publish` once everything that was committed so far is on the disk; at once where it is. */
  add(turn: Turn, publish: (leases: Leases) => void): void {
    this.#turns += 1;
    this.#ports.store.onDisk((failed: StoreError | null) => {
      this.#turns -= 1;
      if (this.#abandoned) return;
      try {
        if (failed !== null) throw failed;
        publish(this.#leases);
      } catch (error) {
        this.#ports.failed(turn, error);
      }
    });
    if (this.#turns <= mostTurns) return;
    this.#held += 1;
    this.settle();
  }

  /** Everything that waits is on the disk and published, or has failed, when it returns. */
  settle(leases: Leases = 'hold'): void {
    if (this.#turns === 0) return;
    const before = this.#leases;
    this.#leases = leases;
    try {
      this.#ports.store.sync();
    } finally {
      this.#leases = before;
    }
  }

  /** Nothing is published any more. */
  abandon(): void {
    this.#abandoned = true;
  }
}
