// A whole Tocsin on real parts for a test: fresh data folder, real receiver, the configuration as users write it.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRuleFile } from '../../rules/parse.ts';
import { createTocsin, type Tocsin, type TocsinOptions } from '../app.ts';
import { loadConfig } from '../config/load.ts';
import { placeFreshDatabase } from './fresh-database.ts';
import { memoryFolder } from './memory-folder.ts';

export interface TestApp {
  readonly tocsin: Tocsin;
  readonly folder: string;
  /** The operator's key. */
  readonly key: string;
  /** A request through the HTTP app, with the key. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: unknown; headers: Headers }>;
  push(
    samples: readonly {
      metric: string;
      labels?: Record<string, string>;
      value: number;
      timestamp?: number;
    }[],
  ): Promise<number>;
  /** Closes and starts again on the same data. */
  restart(options?: Partial<TocsinOptions>): Promise<TestApp>;
  close(): Promise<void>;
}

export const testKey = 'test-operator-key-of-enough-characters';

/** `config` and `rules` are YAML texts. The data folder is removed on close unless it was given. */
export async function startTestApp(
  config: string,
  rules: string,
  options: Partial<TocsinOptions> & { folder?: string } = {},
): Promise<TestApp> {
  const folder = options.folder ?? memoryFolder('tocsin-test-');
  const file = join(folder, 'tocsin.yaml');
  writeFileSync(file, config);
  const loaded = loadConfig({ file, cwd: folder, env: {}, flags: { data: join(folder, 'data') } });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems, null, 1));
  if (options.folder === undefined) placeFreshDatabase(join(folder, 'data/tocsin.db'));
  const parsed = parseRuleFile(rules, 'rules.yaml');
  if (parsed.problems.length > 0) throw new Error(JSON.stringify(parsed.problems, null, 1));
  // Sixteen MiB for each app of each test would be all that the disk does.
  const ballastBytes = config.includes('ballast:') ? loaded.config.ballastBytes : 0;
  const tocsin = await createTocsin({
    config: { ...loaded.config, ballastBytes },
    rules: parsed.rules,
    adminKey: testKey,
    ...options,
  });

  const call: TestApp['call'] = async (method, path, body, headers = {}) => {
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const response = await tocsin.fetch(
      new Request(`http://tocsin.test${path}`, {
        method,
        headers: {
          'x-api-key': testKey,
          ...(text === null ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: text,
      }),
    );
    const answer = await response.text();
    const { status, headers: answered } = response;
    return { status, body: answer === '' ? null : (JSON.parse(answer) as unknown), headers: answered };
  };
  return {
    tocsin,
    folder,
    key: testKey,
    call,
    async push(samples) {
      const { status } = await call('POST', '/api/v1/metrics', { samples });
      return status;
    },
    async restart(again = {}) {
      await tocsin.close();
      return startTestApp(config, rules, { ...options, ...again, folder });
    },
    async close() {
      await tocsin.close();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
