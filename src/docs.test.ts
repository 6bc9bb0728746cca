// The reference is complete: what the code takes stands in it, and no link of the documentation leads nowhere.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { channels } from '../channels/index.ts';
import { parseRuleFile } from '../rules/parse.ts';
import { configSchema } from './config/schema.ts';
import { errorCodes } from './errors.ts';
import { allRoutes } from './http/routes/index.ts';
import { rejectCodes } from './services.ts';
import { ruleKeys } from './testing/rule-keys.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const missing = (page: string, words: readonly string[]) => {
  const found = text(page);
  return words.filter((word) => !found.includes(word));
};

/** Every key of a JSON schema, at any depth. */
function keysOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === 'properties'
      ? [...Object.keys(value as object), ...keysOf(Object.values(value as object))]
      : keysOf(value),
  );
}
const inputKeys = (schema: z.ZodType) =>
  keysOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })).filter((key) => key !== 'type');
const inCode = (words: readonly string[]) => words.map((word) => `\`${word}\``);

describe('the reference', () => {
  it('has every key of the configuration', () => {
    const limits = new Set(inputKeys(configSchema.shape.limits.unwrap()));
    const keys = inputKeys(configSchema).filter((key) => !limits.has(key));
    expect(missing('docs/reference/configuration.md', keys)).toEqual([]);
    expect(missing('docs/reference/limits.md', inCode([...limits]))).toEqual([]);
  });

  it('has every key of a rule file, as the schema tells it', async () => {
    const told = ruleKeys();
    expect(told).not.toMatch(/\| `\w+` \|\s+\|/);
    await expect(told).toMatchFileSnapshot('../docs/reference/rule-keys.md');
  });

  it('shows rules that can be copied', () => {
    const blocks = [...text('docs/rules.md').matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(
      ([, block]) => block!,
    );
    expect(blocks.length).toBeGreaterThan(7);
    for (const block of blocks) {
      const { problems } = parseRuleFile(block.startsWith('- ') ? `rules:\n${block}` : block, 'docs.yaml');
      expect(problems).toEqual([]);
    }
  });

  it('has every key of every channel', () => {
    const keys = Object.values(channels).flatMap(({ config }) => inputKeys(config));
    const page = text('docs/channels.md');
    const absent = keys.filter((key) => !new RegExp(`^\\| \`(\\w+\\.)*${key}\` \\|`, 'm').test(page));
    expect(keys.length).toBeGreaterThan(80);
    expect(absent).toEqual([]);
  });

  it('has every route, every error and every reason to refuse a sample', () => {
    const routes = allRoutes().map(({ path }) => path);
    expect(
      missing('docs/reference/http.md', [...routes, ...inCode(errorCodes), ...inCode(rejectCodes)]),
    ).toEqual([]);
  });

  it('has every figure and every metric of the collector', () => {
    const source = [
      ...['metrics.ts', 'http/http-metrics.ts', 'collector/machine.ts', 'collector/processes.ts'].map(
        (file) => text(`src/${file}`),
      ),
    ].join('\n');
    const names = [...source.matchAll(/'(tocsin_\w+|(?:system|process)\.[\w.]+)'/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(20);
    expect(missing('docs/reference/operations.md', names)).toEqual([]);
  });
});

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

describe('the links of', () => {
  it.each(pages)('%s lead somewhere', (page) => {
    const links = [...text(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? join(root, page) : join(root, dirname(page), path);
      if (!existsSync(file)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

/** Anchors of headings as Git hosts make them. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
