// People may say something about an alert that ended long ago: the state holds it no more, so its row is read for the step.
import type { PipelineInput } from '../pipeline/input.ts';
import type { Store } from '../store/store.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';

/** The input with the row that it is about, where that is over. Two commands of one turn share the row. */
export function withEnded(
  input: PipelineInput,
  tenant: Tenant,
  store: Pick<Store, 'alert'>,
  turn: Turn,
): PipelineInput {
  if (input.kind !== 'assign' && input.kind !== 'comment') return input;
  if (tenant.pipeline.alerts.has(input.alertId)) return input;
  const ended = turn.ended.get(input.alertId) ?? store.alert(tenant.name, input.alertId);
  if (ended !== null) turn.ended.set(ended.id, ended);
  return { ...input, ended };
}
