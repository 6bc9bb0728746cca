#!/usr/bin/env node
// dist/ from nothing: tsc, then the files that tsc does not carry (migrations), then the command as one file.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

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
