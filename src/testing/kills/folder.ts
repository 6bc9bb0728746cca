// The folder of one campaign: configuration, rules and data as an operator would have them.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { slowLine, slowWaitMs } from './holds.ts';
import { levelMetric, ruleName } from './load.ts';

export interface CampaignFolder {
  readonly folder: string;
  readonly configFile: string;
  readonly stateDb: string;
  readonly samplesDb: string;
  /** Writes the configuration for life `no`: its number goes out with every webhook. */
  configure(no: number): void;
  /** Changes the rule file: another version of a rule that nothing reads. */
  changeRules(version: number): void;
  remove(): void;
}

/** `data` is the data folder, where it is not to lie in the campaign's own. */
export function campaignFolder(receiverUrl: string, data?: string): CampaignFolder {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-kills-'));
  const dataFolder = data ?? join(folder, 'data');
  const configFile = join(folder, 'tocsin.yaml');
  const put = (name: string, text: string): void => {
    writeFileSync(join(folder, `${name}.draft`), text);
    renameSync(join(folder, `${name}.draft`), join(folder, name));
  };
  const hook = (path: string, no: number) =>
    `{ type: webhook, url: "${receiverUrl}/${path}", headers: { x-life: "${no}" }, max_alerts: 10000 }`;
  const made: CampaignFolder = {
    folder,
    configFile,
    stateDb: join(dataFolder, 'tocsin.db'),
    samplesDb: join(dataFolder, 'samples.db'),
    configure(no) {
      put(
        'tocsin.yaml',
        `listen: 127.0.0.1:0
data: ${dataFolder}
ballast: 64KiB
rules: [rules.yaml]
collector: { host: false }
flapping: false
channels:
  ops: ${hook('ops', no)}
  batched: ${hook('batched', no)}
  gone: ${hook('gone', no)}
receivers:
  ops: { channels: [ops], dedupe_window: 0s }
  batched: { channels: [batched], dedupe_window: 0s }
  gone: { channels: [gone], dedupe_window: 0s }
storm: false
route:
  receiver: ops
  group_by: [alertname, host]
  group_wait: 0s
  group_interval: 0s
  resolve_wait: 0s
  repeat_interval: 2s
  routes:
    - { match: ['line="${slowLine}"'], receiver: ops, group_wait: ${slowWaitMs}ms }
    - { match: ['team="gone"'], receiver: gone }
    - { match: ['team="batched"'], receiver: batched, group_by: [alertname], group_wait: 50ms, group_interval: 300ms, resolve_wait: 100ms }
egress: { allow: [127.0.0.0/8] }
# What /gone refuses must not become an event that nobody of the campaign posted.
limits: { dead_letters_alert: 100000 }
retention: { events_short: 1s }
`,
      );
    },
    changeRules(version) {
      put(
        'rules.yaml',
        `group: kills
rules:
  - name: ${ruleName}
    type: threshold
    metric: ${levelMetric}
    operator: gt
    threshold: 80
    severity: warning
  - name: Unread
    type: threshold
    metric: load.nothing
    operator: gt
    threshold: ${version}
    severity: info
`,
      );
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  made.configure(0);
  made.changeRules(1);
  return made;
}
