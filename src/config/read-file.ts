// A file from outside, read to a bound. Pipes and devices are refused: the one would be waited for, the other never ends.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const pieceBytes = 64 * 1024;

/** The bytes of a regular file of at most `longest` bytes, or why they cannot be had. */
export function readRegularFile(path: string, longest: number): Buffer | { readonly problem: string } {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = codeOf(error);
    return {
      problem: code === 'ENOENT' ? 'there is no such file' : `this file cannot be read (${code})`,
    };
  }
  try {
    if (!fstatSync(descriptor).isFile()) return { problem: 'this is not a file' };
    // Read until the end, whatever the size says: it is 0 in /proc, and the file may be growing. One byte more than
    // allowed tells a long file from one that just fits.
    const pieces: Buffer[] = [];
    let length = 0;
    while (length <= longest) {
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, longest + 1 - length));
      const read = readSync(descriptor, piece, 0, piece.length, null);
      if (read === 0) return Buffer.concat(pieces, length);
      pieces.push(piece.subarray(0, read));
      length += read;
    }
    return { problem: `expected a file of at most ${longest} bytes` };
  } catch (error) {
    return { problem: `this file cannot be read (${codeOf(error)})` };
  } finally {
    closeSync(descriptor);
  }
}

/** The same as text. */
export function readTextFile(path: string, longest: number): string | { readonly problem: string } {
  const bytes = readRegularFile(path, longest);
  if ('problem' in bytes) return bytes;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { problem: 'expected UTF-8 text' };
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
