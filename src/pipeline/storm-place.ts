// Where a storm's summary stands: for each route and receiver one group that collects, in place of the route's groups.
import { severityRank } from '../../rules/severity.ts';
import type { Labels } from '../../rules/types.ts';
import type { Place } from './route.ts';
import { groupKeyOf, type Route } from './routing.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';

const suffix = ' storm';
const noLabels: Labels = Object.freeze({});
/** How often a summary is told whose storm nobody counts any more. */
const everyMsOtherwise = 60_000;

/** Whether the group is the summary of a storm. */
export const isStorm = ({ route }: Pick<Group, 'route'>): boolean => route.collects?.storm === true;

/** Whether such a path is that of a summary. */
export const isStormPath = (path: string): boolean => path.endsWith(suffix);

const keyOf = ({ receiver, path }: Pick<Route, 'receiver' | 'path'>) =>
  groupKeyOf(receiver, `${path}${suffix}`, noLabels);

/** The summary that takes the place of the route's groups. */
export function stormPlace({ routing, storms }: PipelineState, route: Route): Place {
  const everyMs = storms.config?.everyMs ?? everyMsOtherwise;
  const collects = {
    ...{ everyMs, severities: [], max: Number.MAX_SAFE_INTEGER, to: null },
    ...{ zone: routing.timeZone ?? 'UTC', storm: true as const },
  };
  const path = `${route.path}${suffix}`;
  return {
    route: { ...route, path, groupBy: [], continue: false, routes: [], collects },
    groupLabels: noLabels,
    groupKey: keyOf(route),
  };
}

/** The summary that stands for the group's route, if there is one; of a summary or a digest none. */
export function summaryOf(state: PipelineState, { route }: Pick<Group, 'route'>): Group | undefined {
  if (state.storms.row === null || route.collects) return undefined;
  return state.groups.get(keyOf(route));
}

/** The same of a place whose group there is not. */
export const summaryIn = (state: PipelineState, { route }: Place): Group | undefined =>
  summaryOf(state, { route });

/** What is so urgent that no storm takes it. */
export const isUrgent = ({ effectiveSeverity }: AlertRow): boolean =>
  severityRank(effectiveSeverity) >= severityRank('critical');
