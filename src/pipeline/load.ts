// Takes up a tenant where it was left: the same code for a start, a take-over and a poisoned shard.
import type { Rule } from '../../rules/types.ts';
import type { StepResult } from './input.ts';
import { indexLog, reroute } from './reroute.ts';
import type { RoutingConfig } from './routing.ts';
import type { AlertRow, GroupRow } from './rows.ts';
import { emptyPipelineState, type PipelineState } from './state.ts';

export interface LoadedRows {
  readonly alerts: readonly AlertRow[];
  readonly groups: readonly GroupRow[];
}

/** Builds the state and routes everything again; `out` gets what that changes. */
export function loadPipeline(
  tenant: string,
  rows: LoadedRows,
  routing: RoutingConfig,
  rules: ReadonlyMap<string, Rule>,
  newId: () => string,
  now: number,
  out: StepResult,
): PipelineState {
  const state = emptyPipelineState(tenant, routing, rules, newId);
  for (const alert of rows.alerts) {
    state.alerts.set(alert.id, alert);
    if (alert.kind === 'alert' && alert.state !== 'resolved') state.openByKey.set(alert.key, alert);
  }
  for (const row of rows.groups) {
    const group = {
      row,
      route: routing.route,
      members: new Set<string>(),
      lastOfKey: new Map<string, string>(),
      held: new Set<string>(),
    };
    indexLog(group);
    state.groups.set(row.groupKey, group);
  }
  reroute(state, routing, now, out);
  for (const group of state.groups.values()) out.groups.add(group);
  return state;
}
