// Events that say that people changed something. By their type, in lower case: what is about a change (a rollout that is
// stuck, a configuration that is refused) is trouble, and stays an alert.
import { type ChangeSignal, serviceOf } from '../../analysis/signals.ts';
import type { AlertRow } from '../pipeline/rows.ts';

const kinds: ReadonlyMap<string, ChangeSignal['kind']> = new Map([
  ...['deploy', 'deployment', 'deployed', 'release', 'released', 'rollout', 'rollback', 'rolled_back'].map(
    (type) => [type, 'deploy'] as const,
  ),
  ...[
    'deploy.started',
    'deploy.finished',
    'deploy.succeeded',
    'deployment.started',
    'deployment.finished',
  ].map((type) => [type, 'deploy'] as const),
  ...['config', 'configuration', 'config_change', 'config.changed', 'configuration_change'].map(
    (type) => [type, 'config'] as const,
  ),
  ...['feature_flag', 'feature_flag.changed'].map((type) => [type, 'config'] as const),
]);

/** Types of events that are changes. */
export const changeTypes: readonly string[] = [...kinds.keys()];

const longestText = 500;

/** The change that an event tells of; null: it is something else. */
export function changeOf(row: AlertRow): ChangeSignal | null {
  const kind = row.kind === 'event' ? kinds.get((row.labels.alertname ?? '').toLowerCase()) : undefined;
  if (kind === undefined || row.firedAt === null) return null;
  return {
    ...{ id: row.id, kind, service: serviceOf(row.labels), labels: row.labels, at: row.firedAt },
    text: (row.annotations.summary ?? '').slice(0, longestText),
  };
}
