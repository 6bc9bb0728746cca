import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { channels } from '../channels/index.ts';
import { ruleFileJsonSchema } from '../rules/schema.ts';
import { aggregates, noDataPolicies } from '../rules/types.ts';
import { ruleSchemaText } from './cli/schema.ts';
import { loadConfig } from './config/load.ts';
import { readRules } from './config/rule-files.ts';
import { exampleEnvironment } from './testing/example-environment.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const examples = join(root, 'examples');

const yamlFiles = readdirSync(examples, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .map((path) => join(examples, path));
const isRules = (path: string) => path.startsWith(join(examples, 'rules/'));
const isTests = (path: string) => path.endsWith('.test.yaml');
const shown = (path: string) => relative(root, path);
const ruleFiles = yamlFiles.filter((path) => isRules(path) && !isTests(path));
const configFiles = yamlFiles.filter((path) => !isRules(path));

describe('the examples', () => {
  it.each(configFiles.map(shown))('%s is a configuration without a problem', (path) => {
    const loaded = loadConfig({ file: join(root, path), cwd: root, env: exampleEnvironment, flags: {} });
    expect('problems' in loaded ? loaded.problems : []).toEqual([]);
    if ('config' in loaded) expect(readRules(loaded.config.rules).problems).toEqual([]);
  });

  it.each(ruleFiles.map(shown))('%s holds rules without a problem', (path) => {
    const read = readRules([join(root, path)]);
    expect(read.problems).toEqual([]);
    expect(read.rules.length).toBeGreaterThan(0);
  });

  it.each(ruleFiles.map(shown))('%s has tests beside it', (path) => {
    expect(yamlFiles.map(shown)).toContain(path.replace('.yaml', '.test.yaml'));
  });

  it('need no environment for the first configuration that people copy', () => {
    const loaded = loadConfig({ file: join(examples, 'tocsin.yaml'), cwd: root, env: {}, flags: {} });
    expect('problems' in loaded ? loaded.problems : []).toEqual([]);
  });

  it('show every aggregate, every no_data policy and every channel', () => {
    const { rules } = readRules([join(examples, 'rules')]);
    const shown = new Set(
      rules
        .filter((rule) => rule.type === 'threshold')
        .map(({ aggregate }) => (/^p\d/.test(aggregate) ? 'a percentile' : aggregate)),
    );
    expect(shown).toEqual(new Set([...aggregates, 'a percentile']));
    expect(new Set(rules.map((rule) => rule.noData))).toEqual(new Set(noDataPolicies));
    expect(readdirSync(join(examples, 'channels')).sort()).toEqual(
      Object.keys(channels)
        .map((kind) => `${kind}.yaml`)
        .sort(),
    );
  });
});

describe('the schema for editors (AL-A14)', () => {
  const file = join(examples, 'rules.schema.json');
  const valid = new Ajv({ allErrors: true }).compile(ruleFileJsonSchema());

  it('lies beside the examples as `tocsin schema` prints it', async () => {
    await expect(`${ruleSchemaText()}\n`).toMatchFileSnapshot(file);
  });

  it.each(ruleFiles.map(shown))('%s names it in its first line, and is right by it', (path) => {
    const text = readFileSync(join(root, path), 'utf8');
    expect(text.split('\n')[0]).toBe(
      `# yaml-language-server: $schema=${relative(dirname(join(root, path)), file)}`,
    );
    valid(parse(text));
    expect(valid.errors ?? []).toEqual([]);
  });
});
