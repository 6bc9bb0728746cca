#!/usr/bin/env node
// Makes better-sqlite3 loadable before a start, a build or a test. It is an optional dependency, because an install may
// reach neither its prebuilt binary nor Node's headers; here it is built, or one line says what to install.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(join(root, 'package.json'));
const say = (text) => process.stderr.write(`native: ${text}\n`);
const run = (command, args, options = {}) =>
  spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });

/** In a process of its own: a broken binary may take the process with it. */
const loads = () =>
  run(process.execPath, ['-e', "new (require('better-sqlite3'))(':memory:').close()"]).status === 0;

/** A folder whose include/node has the headers of this very Node, so that nothing need be downloaded. */
function headers() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return [prefix, '/usr', '/usr/local'].find((folder) => {
    const file = join(folder, 'include/node/node_version.h');
    if (!existsSync(file)) return false;
    const text = readFileSync(file, 'utf8');
    const [major, minor] = process.versions.node.split('.');
    return text.includes(`NODE_MAJOR_VERSION ${major}\n`) && text.includes(`NODE_MINOR_VERSION ${minor}\n`);
  });
}

const missingTools = () =>
  ['python3', 'make', 'g++'].filter((tool) => run('sh', ['-c', `command -v ${tool}`]).status !== 0);

function installTools(missing) {
  const canInstall = process.getuid?.() === 0 && run('sh', ['-c', 'command -v apt-get']).status === 0;
  if (canInstall) {
    say(`no ${missing.join(', ')}: installing with apt-get (about 70 MB)`);
    run('sh', [
      '-c',
      'apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 make g++',
    ]);
  }
  return missingTools();
}

function build() {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { version } = lock.packages['node_modules/better-sqlite3'];
  const nodedir = process.env.npm_config_nodedir ?? headers();
  say(`building better-sqlite3 ${version} from source (one or two minutes, once)`);
  const env = { ...process.env, ...(nodedir ? { npm_config_nodedir: nodedir } : {}) };
  const present = existsSync(join(root, 'node_modules/better-sqlite3/package.json'));
  const args = present
    ? ['rebuild', 'better-sqlite3', '--foreground-scripts', '--loglevel=error']
    : ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', `better-sqlite3@${version}`];
  return run('npm', args, { env });
}

if (!loads()) {
  let missing = missingTools();
  if (missing.length > 0) missing = installTools(missing);
  if (missing.length > 0) {
    say(
      `better-sqlite3 has to be built here: install ${missing.join(', ')} (on Debian: apt-get install python3 make g++), then run this again`,
    );
    process.exit(1);
  }
  const built = build();
  if (!loads()) {
    const lines = `${built.stderr}${built.stdout}`.split('\n').filter((line) => /err/i.test(line));
    say(`better-sqlite3 could not be built: ${lines.slice(-6).join('\n        ')}`);
    process.exit(1);
  }
  say(`better-sqlite3 ${require('better-sqlite3/package.json').version} is ready`);
}
