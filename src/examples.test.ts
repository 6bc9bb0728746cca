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

const root = fileURLToPath(new URL('..', import.meta.url));
const examples = join(root, 'examples');

/** Every variable that an example refers to. */
const env = {
  HOOK_SECRET: 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0',
  DINGTALK_TOKEN: 'f0e1d2c3b4a5f0e1d2c3b4a5',
  DINGTALK_SECRET: 'SECthis_is_a_test_secret',
  FEISHU_HOOK: '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
  FEISHU_SECRET: 'feishu_test_secret',
  WECOM_KEY: '693a91f6-7aaa-4bc4-97a0-0ec2cafe5aaa',
  WECOM_SECRET: 'secret-of-the-app',
  ALIYUN_SECRET: 'aliyun-secret',
  TENCENT_SECRET: 'tencent-secret',
  TWILIO_TOKEN: 'twilio-token',
  AWS_SECRET: 'aws-secret',
  REPORT_TOKEN: 'report-token-of-16',
  SMTP_PASSWORD: 'a password',
  PAGERDUTY_ROUTING_KEY: 'abcdef0123456789abcdef0123456789',
  SLACK_TOKEN: 'xoxb-1111-2222-abcdefghijklmnop',
  SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T012AB3CD/B045EF6GH/abcdefghijklmnop',
  SENDGRID_API_KEY: 'SG.some-id.some-secret',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY',
  DEMO_HOOK_URL: 'http://127.0.0.1:9000/alerts',
  DEMO_HOOK_SECRET: 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0',
  DEMO_MAIL_PORT: '2525',
  DEMO_LISTEN: '127.0.0.1:8787',
  DEMO_WECOM_KEY: 'demo-key',
  DEMO_WECOM_URL: 'http://127.0.0.1:9001',
  DEMO_TWILIO_ACCOUNT: 'AC00000000000000000000000000000000',
  DEMO_TWILIO_TOKEN: 'twilio-token',
  DEMO_TWILIO_URL: 'http://127.0.0.1:9002',
};

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
    const loaded = loadConfig({ file: join(root, path), cwd: root, env, flags: {} });
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
