// A peer that cannot be had is said so, whatever is missing; one that is in the cache is not downloaded again.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { obtainPeer, type Run } from './peers.ts';

const name = 'prometheus-pushgateway';
let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'tocsin-peers-'));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

/** A machine whose commands do what is planted; what was called is written down. */
function machine(plant: Readonly<Record<string, string | null>>): { run: Run; called: string[] } {
  const called: string[] = [];
  const run: Run = (command, args, cwd) => {
    const call = `${command} ${args[0]}`;
    called.push(call);
    const result = plant[call] ?? plant[command];
    if (result === null || result === undefined) return null;
    if (call === 'apt-get download') writeFileSync(join(cwd, `${name}_1.5.1-2_amd64.deb`), '');
    if (call === 'dpkg -x') {
      mkdirSync(join(cwd, 'root/usr/bin'), { recursive: true });
      writeFileSync(join(cwd, 'root/usr/bin', name), '');
    }
    return result;
  };
  return { run, called };
}

const whole = { 'apt-get download': '', 'dpkg -x': '', ldd: '\tlibc.so.6 => /lib/libc.so.6 (0x0)\n' };

it('downloads and unpacks it once', () => {
  const { run, called } = machine(whole);
  const program = join(cache, name, 'root/usr/bin', name);
  expect(obtainPeer(name, cache, true, run)).toEqual({ program, version: '1.5.1-2' });
  expect(obtainPeer(name, cache, false, run)).toEqual({ program, version: '1.5.1-2' });
  expect(called.filter((call) => call === 'apt-get download')).toHaveLength(1);
});

it.each([
  ['the short run', {}, false, /not in the cache/],
  ['a machine without packages', {}, true, /apt-get download .* is not possible here/],
  ['a package that cannot be unpacked', { 'apt-get download': '' }, true, /cannot be unpacked/],
  ['a missing library', { ...whole, ldd: '\tlibzstd.so.1 => not found\n' }, true, /needs libzstd\.so\.1/],
])('says why there is none: %s', (_, plant, download, why) => {
  expect(obtainPeer(name, cache, download, machine(plant).run)).toEqual({ why: expect.stringMatching(why) });
});
