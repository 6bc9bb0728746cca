// The peers' programs, from Debian's packages: downloaded and unpacked into the bench's cache, never installed, so that no
// service starts. Where that is not possible the answer says why.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export type PeerName =
  | 'victoria-metrics'
  | 'prometheus-pushgateway'
  | 'prometheus'
  | 'prometheus-alertmanager'
  | 'apprise';

/** Those that take samples, as Tocsin does. */
export type IngestPeer = 'victoria-metrics' | 'prometheus-pushgateway';

/** Packages that a program needs besides what every machine has. */
const companions: Partial<Record<PeerName, readonly string[]>> = {
  apprise: [
    'python3-certifi',
    'python3-chardet',
    'python3-click',
    'python3-idna',
    'python3-markdown',
    'python3-oauthlib',
    'python3-requests',
    'python3-requests-oauthlib',
    'python3-urllib3',
    'python3-yaml',
  ],
};

/** A program that can be started, or why there is none. */
export type Obtained = { readonly program: string; readonly version: string } | { readonly why: string };

const downloadMs = 60_000;

/** Runs a command to its end; answers its standard output, or null when it failed or is not there. */
export type Run = (command: string, args: readonly string[], cwd: string) => string | null;

const run: Run = (command, args, cwd) => {
  const { status, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: downloadMs });
  return status === 0 ? stdout : null;
};

/**
 * The program of a package, from the cache or, with `download`, from where this machine gets its packages. `cache`: a
 * folder for it.
 */
export function obtainPeer(name: PeerName, cache: string, download: boolean, call: Run = run): Obtained {
  const folder = join(cache, name);
  const program = join(folder, 'root/usr/bin', name);
  if (!existsSync(program)) {
    if (!download) return { why: 'not in the cache: only a full run downloads it' };
    mkdirSync(folder, { recursive: true });
    const packages = [name, ...(companions[name] ?? [])];
    const fetched = () => call('apt-get', ['download', ...packages], folder) !== null;
    if (!fetched() && (call('apt-get', ['update'], folder) === null || !fetched())) {
      return { why: `apt-get download ${name} is not possible here` };
    }
    const files = packages.map((one) => packageIn(folder, one));
    const unpacked = files.every(
      (file) => file !== undefined && call('dpkg', ['-x', file, 'root'], folder) !== null,
    );
    if (!unpacked || !existsSync(program)) {
      return { why: `the package ${name} cannot be unpacked here` };
    }
  }
  const missing = call('ldd', [program], folder)?.match(/^\s*(\S+) => not found$/m)?.[1];
  if (missing !== undefined) return { why: `${name} needs ${missing}, which is not installed here` };
  // victoria-metrics_1.79.5+ds1-2+b5_amd64.deb
  return { program, version: packageIn(folder, name)?.split('_')[1] ?? 'unknown' };
}

const packageIn = (folder: string, name: string): string | undefined =>
  readdirSync(folder).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
