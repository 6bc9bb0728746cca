// A file that only takes up room. On a full disk it is given up, and what is under way ends in its place.
import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const pieceBytes = 256 * 1024;
/** On a small volume it takes no more than this share of it. */
const largestShare = 1 / 16;
/** Less than that is no room, also where there is no ballast. */
const leastRoomBytes = 1024 * 1024;

export class Ballast {
  readonly #file: string;
  /** As large as it is made; 0: there is none. */
  readonly bytes: number;

  /** The folder of `file` exists. `bytes` is what it should have, less on a small volume. */
  constructor(file: string, bytes: number) {
    this.#file = file;
    const { blocks, bsize } = statfsSync(dirname(file));
    this.bytes = Math.min(bytes, Math.floor(blocks * bsize * largestShare));
  }

  /** Bytes of it that are there. */
  get present(): number {
    return statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Bytes that are free on its volume. */
  get room(): number {
    const { bavail, bsize } = statfsSync(dirname(this.#file));
    return bavail * bsize;
  }

  /**
   * Makes it unless it is there. False where there is less than twice its room, so that a disk that has just become free
   * is not full at once again; what could not be written to its end is taken away.
   */
  make(): boolean {
    const { present } = this;
    if (present > 0 && present === this.bytes) return true;
    if (this.room + present < Math.max(leastRoomBytes, 2 * this.bytes)) return false;
    if (this.bytes === 0) return true;
    try {
      this.#write();
      return true;
    } catch (error) {
      this.free();
      if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))
        return false;
      throw error;
    }
  }

  /** Gives its room back; false when there was none. */
  free(): boolean {
    const had = this.present > 0;
    rmSync(this.#file, { force: true });
    return had;
  }

  #write(): void {
    const file = openSync(this.#file, 'w', 0o600);
    try {
      // Nothing that a file system could pack or leave out.
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, this.bytes));
      for (let left = this.bytes; left > 0; ) {
        randomFillSync(piece);
        left -= writeSync(file, piece, 0, Math.min(left, piece.length));
      }
    } finally {
      closeSync(file);
    }
  }
}
