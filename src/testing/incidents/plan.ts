// What happens in a world, before anybody is told of it: firings, effects on metrics, changes, and which of it belongs
// together.
import type { PatternName } from '../../../analysis/patterns/pattern.ts';
import type { CauseCategory } from '../../../analysis/root-cause/hypothesis.ts';
import { type AlertSignal, type ChangeSignal, severityOrder } from '../../../analysis/signals.ts';
import type { Random } from '../simulation/random.ts';
import { type AlertName, kindOf } from './alert-kinds.ts';
import type { Topology } from './services.ts';
import type { BenignKind, PredictableEvent, SimulatedService } from './world.ts';

export type Owner =
  | { readonly kind: 'incident'; readonly incident: PlannedIncident }
  | { readonly kind: 'benign'; readonly benign: BenignKind }
  | { readonly kind: 'noise' };

export interface Firing {
  readonly service: SimulatedService;
  readonly name: AlertName;
  readonly severity: AlertSignal['severity'];
  /** Its number; null for an alert of the service as a whole. */
  readonly instance: number | null;
  readonly upstream: string | null;
  /** True times. */
  readonly at: number;
  readonly endedAt: number;
  readonly owner: Owner;
}

export interface Effect {
  readonly service: string;
  readonly metric: string;
  /** Begins to rise, is full after `riseMs`, begins to fall at `to`. */
  readonly from: number;
  readonly riseMs: number;
  readonly to: number;
  readonly fallMs: number;
  /** In steps of the metric: one is what a person sees at once. */
  readonly size: number;
  /** A climb adds what leads to a level, whatever the series' own level is. */
  readonly level?: number;
}

export interface PlannedIncident {
  readonly id: string;
  readonly rootService: string;
  readonly category: CauseCategory;
  readonly at: number;
  readonly endedAt: number;
}

/** Firings that form a pattern on purpose. */
export interface Shape {
  readonly pattern: Exclude<PatternName, 'storm' | 'cascade'>;
  readonly firings: readonly Firing[];
  /** The evidence is complete when so many of them, in the order in which they became known, are known. */
  readonly needed: number;
}

export interface Foreseen {
  readonly firing: Firing;
  readonly kind: PredictableEvent['kind'];
}

export interface Plan {
  readonly from: number;
  readonly to: number;
  readonly topology: Topology;
  readonly firings: Firing[];
  readonly effects: Effect[];
  readonly changes: Omit<ChangeSignal, 'id'>[];
  readonly incidents: PlannedIncident[];
  readonly shapes: Shape[];
  readonly foreseen: Foreseen[];
}

export const instanceName = (service: SimulatedService, instance: number): string =>
  `${service.name}-${instance}`;

/** The same for all episodes of one rule on one instance. */
export const keyOf = ({ name, service, instance, severity }: Firing): string =>
  `${name}/${service.name}/${instance ?? 'all'}/${severity}`;

/** Teams set their own severities: a rule is a step lower or higher at some services, and always the same at one. */
export function severityOf(name: AlertName, service: SimulatedService): AlertSignal['severity'] {
  const own = severityOrder.indexOf(kindOf(name).severity);
  let sum = 7;
  for (const letter of `${name}/${service.name}`) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  const step = sum % 10 === 0 ? 1 : sum % 10 === 1 ? -1 : 0;
  return severityOrder[Math.min(severityOrder.length - 1, Math.max(0, own + step))]!;
}

export interface FiringDraft {
  readonly service: SimulatedService;
  readonly name: AlertName;
  readonly severity?: AlertSignal['severity'];
  readonly instance?: number | null;
  readonly upstream?: string | null;
  readonly at: number;
  readonly endedAt: number;
  readonly owner: Owner;
}

/** Adds a firing. */
export function fire(plan: Plan, draft: FiringDraft): Firing {
  const at = Math.round(draft.at);
  const firing: Firing = {
    severity: severityOf(draft.name, draft.service),
    instance: null,
    upstream: null,
    ...draft,
    at,
    endedAt: Math.max(at + 5_000, Math.round(draft.endedAt)),
  };
  plan.firings.push(firing);
  return firing;
}

/** One of the instances, or the service as a whole. */
export const someInstance = (random: Random, service: SimulatedService): number | null =>
  random.chance(0.35) ? null : random.int(0, service.instances - 1);
