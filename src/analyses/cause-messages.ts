// What passes between the program and the threads that look for causes.
import type { Severity } from '../../analysis/incidents/index.ts';
import type { PatternFinding } from '../../analysis/patterns/pattern.ts';
import type { RootCause } from '../../analysis/root-cause/hypothesis.ts';
import type { PackedEdges } from './packed-edges.ts';

/** What one question looks at, and what one answer has. */
export const analyzeLimits = {
  alerts: 5_000,
  spanMs: 24 * 3_600_000,
  /** Incidents that are listed, those with the most alerts; causes are looked for in the first of them. */
  incidents: 200,
  causes: 50,
  patterns: 500,
  /** Ids of alerts that one incident names. */
  named: 100,
  timeMs: 30_000,
} as const;

interface Task {
  readonly tenant: string;
  readonly edges: PackedEdges;
  readonly now: number;
}

export type ToCauses =
  | (Task & { readonly kind: 'cause'; readonly incident: string })
  | (Task & {
      readonly kind: 'analyze';
      /** Epoch milliseconds, the first included; or given alerts, as one incident. */
      readonly of: { readonly from: number; readonly to: number } | { readonly alerts: readonly string[] };
      /** Rules about findings: what they say is none of the alerts of a span. */
      readonly patternRules: readonly string[];
    });

/** An incident as an analysis of a span finds it. */
export interface FoundIncident {
  readonly title: string;
  readonly severity: Severity;
  readonly openedAt: number;
  readonly lastAt: number;
  readonly count: number;
  /** Ids, oldest first; of very many the first ones. */
  readonly alerts: readonly string[];
  readonly services: readonly string[];
  /** Null: not looked for, or no alert of it names a service. */
  readonly cause: RootCause | null;
}

export interface FoundInAlerts {
  readonly from: number;
  readonly to: number;
  readonly alerts: number;
  /** Oldest first. */
  readonly patterns: readonly PatternFinding[];
  readonly morePatterns: number;
  /** Those with the most alerts first. */
  readonly incidents: readonly FoundIncident[];
  readonly moreIncidents: number;
}

export type FromCauses =
  | { readonly kind: 'ready' }
  /** Null: no alert of the incident names a service. */
  | { readonly kind: 'cause'; readonly cause: RootCause | null }
  | { readonly kind: 'analyze'; readonly found: FoundInAlerts }
  | { readonly kind: 'unknown_alert'; readonly alert: string }
  | { readonly kind: 'too_large'; readonly message: string };
