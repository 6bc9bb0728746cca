// What is installed is what was locked, and only the packages that were looked at run code while they are installed.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}
const json = (file: string) =>
  JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')) as Record<string, unknown>;
const packages = Object.entries(json('package-lock.json').packages as Record<string, Locked>).filter(
  ([path]) => path !== '',
);
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

it('every package is locked with the hash of its contents', () => {
  expect(packages.length).toBeGreaterThan(100);
  expect(packages.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
});

it('only packages that are allowed to run a script when they are installed have one', () => {
  const allowed = Object.keys(json('package.json').allowScripts as Record<string, boolean>);
  const scripted = packages.filter(([, locked]) => locked.hasInstallScript).map(([path]) => nameOf(path));
  // fsevents is for macOS alone, and is not installed elsewhere.
  expect([...new Set(scripted)].filter((name) => name !== 'fsevents').sort()).toEqual(allowed.sort());
});

it('the program itself needs few packages', () => {
  const { dependencies, optionalDependencies } = json('package.json') as Record<string, object>;
  expect(Object.keys({ ...dependencies, ...optionalDependencies }).length).toBeLessThanOrEqual(20);
});
