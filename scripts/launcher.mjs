#!/usr/bin/env node
// Starts the bundled command (dist/command/tocsin.cjs) from V8's code cache. Another Node than the one that built it
// refuses the cache and compiles as usual. With TOCSIN_MAKE_CACHE it writes the cache once the command listens, and ends.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const file = fileURLToPath(new URL('../command/tocsin.cjs', import.meta.url));
const makeCache = process.env.TOCSIN_MAKE_CACHE;

function cached() {
  if (makeCache) return undefined;
  try {
    return readFileSync(new URL('../command/tocsin.cache', import.meta.url));
  } catch {
    return undefined; // without it the start is slower, nothing else
  }
}

// One function around all of it, and ASCII alone: latin1 keeps a byte for each character.
const script = new Script(readFileSync(file, 'latin1'), { filename: file, cachedData: cached() });
if (makeCache) {
  const print = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text, ...rest) => {
    if (String(text).includes(' listens on ')) {
      setTimeout(() => {
        writeFileSync(makeCache, script.createCachedData());
        process.kill(process.pid, 'SIGTERM');
      }, 1_500);
    }
    return print(text, ...rest);
  };
}
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
