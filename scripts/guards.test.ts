// Every guard of `npm run check` goes red on a planted fault; a guard that cannot fail guards nothing.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cache = join(root, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'guards-'));
// Biome passes over everything below node_modules.
const outside = mkdtempSync(join(tmpdir(), 'tocsin-guards-'));
afterAll(() => {
  for (const made of [folder, outside]) rmSync(made, { recursive: true, force: true });
});

/** Done at the first call: one run of a tool tells of all faults that were planted for it. */
function once<T>(work: () => T): () => T {
  let done: { readonly result: T } | null = null;
  return () => {
    done ??= { result: work() };
    return done.result;
  };
}

/** Writes the files into a tree of their own and runs a tool of node_modules/.bin there. */
function run(
  name: string,
  files: Readonly<Record<string, string>>,
  tool: string,
  args: readonly string[],
  within = folder,
) {
  const tree = join(within, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  const done = spawnSync(join(root, 'node_modules/.bin', tool), args, { cwd: tree, encoding: 'utf8' });
  return { status: done.status, text: done.stdout + done.stderr };
}

describe('the core compiled without Node', () => {
  const tsconfig = JSON.stringify({
    extends: join(root, 'tsconfig.core.json'),
    compilerOptions: { rootDir: root, incremental: false, tsBuildInfoFile: null },
    include: ['*.ts'],
    exclude: [],
  });
  const planted: Readonly<Record<string, string>> = {
    fetch: 'export const bad = () => fetch("http://x");',
    process: 'export const bad = () => process.env;',
    timers: 'export const bad = () => setTimeout(() => {}, 1);',
    'node modules': 'import { readFileSync } from "node:fs";\nexport const bad = readFileSync;',
    Buffer: 'export const bad = () => Buffer.from("x");',
  };
  const compiled = once(() => {
    const files = Object.fromEntries(Object.entries(planted).map(([name, text]) => [`${name}.ts`, text]));
    return run('core', { 'tsconfig.json': tsconfig, ...files }, 'tsc', ['-p', 'tsconfig.json']);
  });
  it.each(Object.keys(planted))('refuses %s', (name) => {
    const { status, text } = compiled();
    expect(status).not.toBe(0);
    expect(text).toMatch(new RegExp(`^${name}\\.ts\\(\\d+,\\d+\\): error `, 'm'));
  });
  it('takes what is pure', () => {
    const files = {
      'tsconfig.json': tsconfig,
      'planted.ts': 'export const good = (now: number) => now + 1;',
    };
    expect(run('core-good', files, 'tsc', ['-p', 'tsconfig.json'])).toEqual({ status: 0, text: '' });
  });
});

describe('the import rules', () => {
  const base = {
    'tsconfig.json':
      '{"compilerOptions":{"module":"nodenext","allowImportingTsExtensions":true,"noEmit":true}}',
  };
  const cruise = (name: string, files: Readonly<Record<string, string>>) =>
    run(name, { ...base, ...files }, 'depcruise', [
      'src',
      'rules',
      'channels',
      '--config',
      join(root, '.dependency-cruiser.cjs'),
    ]);
  const house = {
    'src/store/store.ts': 'export interface Store { readonly a: number }',
    'src/testing/clock.ts': 'export const clock = 1;',
    'rules/types.ts': 'export type Rule = string;',
    'channels/message.ts': 'export type Message = string;',
  };
  const planted: readonly (readonly [rule: string, files: Readonly<Record<string, string>>])[] = [
    [
      'rules-imports',
      { 'rules/store.ts': 'import type { Store } from "../src/store/store.ts";\nexport type X = Store;' },
    ],
    [
      'rules-imports',
      { 'rules/node.ts': 'import { readFileSync } from "node:fs";\nexport const x = readFileSync;' },
    ],
    [
      'pipeline-imports',
      { 'src/pipeline/store.ts': 'import type { Store } from "../store/store.ts";\nexport type X = Store;' },
    ],
    [
      'policy-imports',
      { 'src/policy/http.ts': 'import { request } from "node:http";\nexport const x = request;' },
    ],
    [
      'channels-imports',
      { 'channels/store.ts': 'import type { Store } from "../src/store/store.ts";\nexport type X = Store;' },
    ],
    [
      'testing-stays-in-tests',
      { 'src/engine.ts': 'import { clock } from "./testing/clock.ts";\nexport const x = clock;' },
    ],
    [
      'no-circular',
      {
        'src/a.ts': 'import { b } from "./b.ts";\nexport const a = (): number => b();',
        'src/b.ts': 'import { a } from "./a.ts";\nexport const b = (): number => a();',
      },
    ],
  ];
  const toNetwork: Readonly<Record<string, string>> = {
    http: 'import { request } from "node:http";\nexport const x = request;',
    https: 'import https from "https";\nexport const x = https.get;',
    http2: 'import { connect } from "node:http2";\nexport const x = connect;',
    net: 'import { connect } from "node:net";\nexport const x = connect;',
    'net-later': 'export const x = () => import("node:net");',
    'net-again': 'export { connect } from "node:net";',
    tls: 'import * as tls from "node:tls";\nexport const x = tls.connect;',
    dgram: 'import { createSocket } from "node:dgram";\nexport const x = createSocket;',
    dns: 'import { lookup } from "node:dns/promises";\nexport const x = lookup;',
    require: 'import { createRequire } from "node:module";\nexport const x = createRequire("/")("node:net");',
    undici: 'import { fetch as get } from "undici";\nexport const x = get;',
    'undici-later': 'export const x = async () => (await import("undici")).request;',
  };
  const networkFiles = Object.fromEntries(
    Object.entries(toNetwork).map(([name, text]) => [`channels/planted-${name}.ts`, text]),
  );
  const cruised = once(() =>
    cruise('cruise-planted', {
      ...house,
      ...Object.assign({}, ...planted.map(([, files]) => files)),
      ...networkFiles,
      'node_modules/undici/package.json': '{"name":"undici","version":"0.0.0","main":"index.js"}',
      'node_modules/undici/index.js': 'export const fetch = 1; export const request = 1;',
      'channels/http.ts': 'export const x = () => import("undici");',
      'channels/types.ts': 'import type { Socket } from "node:net";\nexport type X = Socket;',
    }),
  );
  it.each(planted)('name %s', (rule, files) => {
    const { status, text } = cruised();
    expect(text).toContain(`error ${rule}: ${Object.keys(files)[0]} →`);
    expect(status).not.toBe(0);
  });
  it('name the one way in which a channel reaches a module of the network', () => {
    const { status, text } = cruised();
    expect(status).not.toBe(0);
    for (const file of Object.keys(networkFiles)) expect(text).toContain(`${file} →`);
    expect(text).not.toContain('channels/http.ts →');
    expect(text).not.toContain('channels/types.ts →');
  });
  it('take the house as it is', () => {
    expect(cruise('cruise-good', house).status).toBe(0);
  });
});

describe('the lint rules', () => {
  const lint = (name: string, files: Readonly<Record<string, string>>) => {
    const tree = join(outside, name);
    mkdirSync(tree, { recursive: true });
    cpSync(join(root, 'scripts/lint'), join(tree, 'scripts/lint'), { recursive: true });
    const config = { 'biome.json': biomeConfig(), ...files };
    return run(name, config, 'biome', ['lint', ...Object.keys(files)], outside);
  };
  const planted = [
    ['clock', 'rules/planted.ts', 'export const bad = () => Date.now();'],
    ['new-date', 'src/policy/planted.ts', 'export const bad = () => new Date();'],
    ['random', 'src/pipeline/planted.ts', 'export const bad = () => Math.random();'],
    ['fetch', 'channels/planted.ts', 'export const bad = async () => { await fetch("http://x"); };'],
    ['floating', 'src/planted.ts', 'const work = async () => 1;\nexport function bad() { work(); }'],
    ['any', 'src/planted-any.ts', 'export const bad = (x: any) => x;'],
  ] as const;
  const linted = once(() =>
    lint('lint-planted', Object.fromEntries(planted.map(([, path, text]) => [path, `${text}\n`]))),
  );
  it.each(planted)('refuse %s', (_name, path) => {
    const result = linted();
    expect(result.text).toMatch(new RegExp(`${path}:\\d+:\\d+ `));
    expect(result.status).not.toBe(0);
  });
  it('refuse fetch and its like in a channel, by whatever name and from wherever', () => {
    const lines = [
      'export const a = () => fetch("http://x");',
      'export const b = () => fetch("http://x", { method: "POST" });',
      'export const c = () => globalThis.fetch("http://x");',
      'export const d = () => undici.fetch("http://x");',
      'export const e = fetch;',
      'export const { fetch: f } = globalThis;',
      'export const g = () => globalThis["fetch"]("http://x");',
      'export const h = () => globalThis[`fetch`]("http://x");',
      'export const i = () => new WebSocket("ws://x");',
      'export const { EventSource } = globalThis;',
      'export const k = () => process.getBuiltinModule("http");',
      'import { fetch as l } from "undici";',
      'export { fetch as m } from "undici";',
      'export const fine = (context: { fetched: number }) => context.fetched;',
    ];
    const { text } = lint('lint-fetches', { 'channels/planted.ts': `${lines.join('\n')}\n` });
    const places = [...text.matchAll(/planted\.ts:(\d+):\d+ plugin/g)].map(([, line]) => Number(line));
    expect([...new Set(places)].sort((a, b) => a - b)).toEqual(lines.slice(0, -1).map((_, i) => i + 1));
  });
  it('take a clock outside of the core', () => {
    const { status, text } = lint('lint-good', {
      'src/planted.ts': 'export const good = () => Date.now();\n',
    });
    expect(text).toMatch(/Checked 1 file/);
    expect(status).toBe(0);
  });
});

/** The project's own configuration, without what ties it to the repository. */
function biomeConfig(): string {
  const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')) as Record<string, unknown>;
  return JSON.stringify({ ...config, $schema: undefined, vcs: undefined, root: true });
}
