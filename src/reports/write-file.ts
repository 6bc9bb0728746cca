// A file that is there whole or not at all: written beside its name, synced, then renamed.
import { open, rename, rm } from 'node:fs/promises';

/** Rejects with what the file system says. An earlier file of that name is replaced. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  // What an earlier process of that number left. A name that somebody else puts there is not followed.
  await rm(beside, { force: true });
  try {
    const file = await open(beside, 'wx', 0o640);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
