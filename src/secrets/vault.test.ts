import { mkdtempSync, readFileSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keyFile, openVault, vaultOf } from './vault.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-vault-'));
afterAll(() => rmSync(folder, { recursive: true }));

const a = 'a'.repeat(32);
const b = 'b'.repeat(32);
const sealedBy = (key: string) => vaultOf([key]).seal('hush', 'acme/1') as string;

describe('a vault', () => {
  it('opens what it sealed, and shows nothing of it', () => {
    const vault = vaultOf([a]);
    const sealed = vault.seal('hush', 'acme/1') as string;
    expect(sealed).not.toContain('hush');
    expect(vault.seal('hush', 'acme/1')).not.toBe(sealed);
    expect(vault.open(sealed, 'acme/1')).toBe('hush');
  });

  it('does not open what was moved to another object, or changed', () => {
    const vault = vaultOf([a]);
    const sealed = sealedBy(a);
    const changed = sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA');
    const cut = sealed.slice(0, 14);
    for (const [text, place] of [
      [sealed, 'globex/1'],
      [changed, 'acme/1'],
      [cut, 'acme/1'],
    ] as const)
      expect(vault.open(text, place)).toEqual({ problem: 'its sealed secrets are damaged' });
  });

  it('seals with the first key and opens with each; of another it says so', () => {
    expect(vaultOf([b, a]).open(sealedBy(a), 'acme/1')).toBe('hush');
    expect(vaultOf([b]).open(vaultOf([b, a]).seal('x', 'p') as string, 'p')).toBe('x');
    expect(vaultOf([b]).open(sealedBy(a), 'acme/1')).toMatchObject({
      problem: expect.stringMatching(/another key/),
    });
    expect(vaultOf([]).open(sealedBy(a), 'acme/1')).toMatchObject({
      problem: expect.stringMatching(/there is no key/),
    });
    expect(vaultOf([]).seal('x', 'p')).toMatchObject({ problem: expect.stringMatching(/there is no key/) });
  });
});

describe('the key of a data folder', () => {
  it('is made once, for its owner alone, and never while something is sealed with a lost one', () => {
    const path = join(folder, keyFile);
    const sealed = openVault(folder, [], () => false).seal('hush', 'p') as string;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    expect(openVault(folder, [], () => true).open(sealed, 'p')).toBe('hush');
    // A configured one seals from now on; what the folder's sealed still opens.
    expect(openVault(folder, [a], () => true).open(sealed, 'p')).toBe('hush');
    expect(readFileSync(path, 'utf8')).toBe(text);
    unlinkSync(path);
    expect(openVault(folder, [], () => true).seal('x', 'p')).toMatchObject({
      problem: expect.stringMatching(/there is no key/),
    });
    expect(openVault(folder, [], () => false).seal('x', 'p')).toEqual(expect.any(String));
  });
});
