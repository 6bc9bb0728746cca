#!/usr/bin/env node
// dist/ from nothing: tsc, then the files that tsc does not carry (migrations), then the command as one file. Where it was
// built from the very same files already it stays.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

/** Everything that a build reads. */
const inputs = ['src', 'rules', 'channels', 'analysis', 'scripts'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name)),
);
for (const name of readdirSync(root))
  if (/^(tsconfig.*|package|package-lock)\.json$/.test(name)) inputs.push(join(root, name));
const hash = createHash('sha256').update(process.version);
for (const file of inputs.sort()) hash.update(`\0${file}\0`).update(readFileSync(file));
const fingerprint = hash.digest('hex');
const mark = join(dist, '.built-from');
if (existsSync(mark) && readFileSync(mark, 'utf8') === fingerprint) process.exit(0);

rmSync(dist, { recursive: true, force: true });
const tsc = spawnSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
const migrations = 'src/store/sqlite/migrations';
mkdirSync(join(dist, migrations), { recursive: true });
cpSync(join(root, migrations), join(dist, migrations), { recursive: true });
await bundle(root);
// Last: a build that was broken off is none.
writeFileSync(mark, fingerprint);
