// Incidents of simulated worlds as questions to the root-cause analysis: what an observer had when the last alert of the
// incident had fired, and the truth beside it.
import type { CauseCategory } from '../../analysis/root-cause/hypothesis.ts';
import type { RootCauseInput } from '../../analysis/root-cause/root-cause.ts';
import type { AlertSignal } from '../../analysis/signals.ts';
import { type IncidentWorld, simulateIncidents } from '../../src/testing/incidents/index.ts';

export interface CauseQuestion {
  readonly input: RootCauseInput;
  readonly service: string;
  readonly category: CauseCategory;
}

export interface CauseQuestionOptions {
  /** Share of the true edges that nobody wrote down; the simulator's own share where nothing is said. */
  readonly missingEdges?: number;
}

/** One question for each incident that somebody was told of. */
export function questionsOf(seed: number, { missingEdges }: CauseQuestionOptions = {}): CauseQuestion[] {
  const world = simulateIncidents(seed, missingEdges === undefined ? {} : { missingEdges });
  const alerts = firedIn(world);
  return world.truth.incidents.map(({ rootService, category, alerts: ids }) => ({
    input: inputOf(
      world,
      ids.map((id) => alerts.get(id)!),
    ),
    service: rootService,
    category,
  }));
}

function firedIn({ news }: IncidentWorld): ReadonlyMap<string, AlertSignal & { readonly seenAt: number }> {
  return new Map(
    news.filter(({ kind }) => kind === 'fired').map(({ alert, seenAt }) => [alert.id, { ...alert, seenAt }]),
  );
}

export function inputOf(
  world: IncidentWorld,
  alerts: readonly (AlertSignal & { readonly seenAt: number })[],
): RootCauseInput {
  return {
    alerts,
    changes: world.changes,
    series: world.series,
    edges: world.declaredEdges,
    now: Math.max(...alerts.map(({ seenAt, at }) => Math.max(seenAt, at))),
  };
}
