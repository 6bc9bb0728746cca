// People may say something about an alert that is over: where the state holds it no more its row is read for the step,
// from the turn that is under way if that has ended or changed it, else from the store.
import type { PipelineInput } from '../pipeline/input.ts';
import type { Store } from '../store/store.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';

/** The input with the row that it is about, where that is over. Commands of one turn share the row. */
export function withEnded(
  input: PipelineInput,
  tenant: Tenant,
  store: Pick<Store, 'alert'>,
  turn: Turn,
): PipelineInput {
  if (input.kind !== 'assign' && input.kind !== 'comment') return input;
  if (tenant.pipeline.alerts.has(input.alertId)) return input;
  const ended = turn.alert(tenant, input.alertId) ?? store.alert(tenant.name, input.alertId);
  return { ...input, ended };
}
