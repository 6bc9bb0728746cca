// The folder of a campaign: every channel has a receiver, and a push says in a label which one it is for.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goneChannel } from './providers.ts';

export const levelMetric = 'chaos.level';

export interface ChaosFolder {
  readonly folder: string;
  readonly configFile: string;
  remove(): void;
}

/** `retryDelay` as in the file, e.g. `500ms`; `port` stays the same over all lives, because providers call it. */
export function chaosFolder(
  channels: Readonly<Record<string, object>>,
  port: number,
  retryDelay: string,
): ChaosFolder {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-chaos-'));
  const names = Object.keys(channels);
  const config = {
    listen: `127.0.0.1:${port}`,
    public_url: `http://127.0.0.1:${port}`,
    data: join(folder, 'data'),
    ballast: '64KiB',
    rules: ['rules.yaml'],
    collector: { host: false },
    flapping: false,
    storm: false,
    channels,
    // What is tried long enough does not wait for the slow rounds, which come every five minutes.
    strategies: { stubborn: { retry: 20, retry_delay: retryDelay } },
    receivers: Object.fromEntries(
      names.map((name) => [name, { channels: [name], dedupe_window: '0s', strategy: 'stubborn' }]),
    ),
    route: {
      receiver: names.find((name) => name !== goneChannel),
      group_by: ['token'],
      group_wait: '0s',
      group_interval: '0s',
      resolve_wait: '0s',
      repeat_interval: '4h',
      routes: names.map((name) => ({ match: [`via="${name}"`], receiver: name })),
    },
    egress: { allow: ['127.0.0.0/8'] },
    limits: { dead_letters_alert: 100_000 },
  };
  const configFile = join(folder, 'tocsin.yaml');
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(config, null, 1));
  writeFileSync(
    join(folder, 'rules.yaml'),
    `group: chaos
rules:
  - name: LevelHigh
    metric: ${levelMetric}
    operator: gt
    threshold: 80
    severity: high
    annotations: { summary: "{{ labels.mark }} is at {{ value }}" }
`,
  );
  return { folder, configFile, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
