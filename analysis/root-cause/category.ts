// Which of the seven kinds of cause it is, from what the candidate itself shows: its alerts, its metrics, what was changed
// on it, and whether anybody can look into it at all. A multinomial logit, whose coefficients were fitted on simulated
// incidents (seeds below 1,000) and rounded to halves; rows that no simulated incident has are guesses of the same size.
import type { Candidate } from './features.ts';
import { strengthOf } from './features.ts';
import { type CauseCategory, causeCategories } from './hypothesis.ts';
import type { Observed } from './observed.ts';
import { type SignName, signNames } from './signs.ts';

type Odds = Readonly<Partial<Record<CauseCategory, number>>>;

/** What a sign at full strength adds to the logarithm of the odds of each category. */
const speaksFor: Readonly<Record<SignName, Odds>> = {
  deploy: { change: 2.5 },
  config: { change: 2.5 },
  storage: { data_storage: 3.5, application_fault: -1.5, change: -0.5, network: -0.5, traffic_surge: -0.5 },
  backlog: { application_fault: 1, change: -0.5, resource_exhaustion: -0.5 },
  network: {
    network: 2.5,
    application_fault: -1,
    data_storage: -0.5,
    change: -0.5,
    resource_exhaustion: -0.5,
  },
  dependency: { dependency_failure: 0.5 },
  memory: { resource_exhaustion: 2.5, data_storage: -1, change: 0.5, network: -0.5, traffic_surge: -0.5 },
  disk: { resource_exhaustion: 2, data_storage: -0.5, application_fault: -0.5, change: -0.5 },
  cpu: {
    resource_exhaustion: 1.5,
    traffic_surge: 0.5,
    dependency_failure: -1,
    network: -1,
    application_fault: -0.5,
  },
  saturation: { data_storage: 1, traffic_surge: 0.5, network: -0.5 },
  replicas: { change: 1, resource_exhaustion: -0.5, application_fault: -0.5 },
  restart: { resource_exhaustion: 0.5, change: 0.5, network: -0.5, traffic_surge: -0.5, data_storage: -0.5 },
  latency: { network: 0.5, data_storage: 0.5, application_fault: -0.5 },
  availability: { application_fault: 1, dependency_failure: 0.5 },
  errors: {
    application_fault: 2,
    dependency_failure: 0.5,
    change: 0.5,
    resource_exhaustion: -1,
    data_storage: -1,
    network: -0.5,
    traffic_surge: -0.5,
  },
  lost_requests: { network: 1.5, change: -0.5, application_fault: -0.5 },
  requests: {
    traffic_surge: 2.5,
    resource_exhaustion: -0.5,
    network: -0.5,
    data_storage: -0.5,
    application_fault: -0.5,
  },
};

const beside: Readonly<Record<'change' | 'opaque' | 'feeds' | 'usual', Odds>> = {
  change: {
    change: 3.5,
    resource_exhaustion: -1,
    application_fault: -1,
    dependency_failure: -0.5,
    data_storage: -0.5,
  },
  opaque: { dependency_failure: 3.5, application_fault: -1.5, network: -1 },
  feeds: { traffic_surge: 2 },
  usual: { network: 0.5, application_fault: 0.5, change: -0.5, dependency_failure: -0.5 },
};

/** How strongly each sign shows at the service itself, 0 … 1: in its alerts or in its metrics, whichever says more. */
function signsAt(service: string, observed: Observed): ReadonlyMap<SignName, number> {
  const shown = new Map<SignName, number>();
  const show = (sign: SignName, strength: number) =>
    void shown.set(sign, Math.max(shown.get(sign) ?? 0, strength));
  const counts = new Map<SignName, number>();
  for (const { sign } of observed.alerts.get(service) ?? [])
    if (sign) counts.set(sign.name, (counts.get(sign.name) ?? 0) + 1);
  for (const [sign, n] of counts) show(sign, 1 - Math.exp(-n));
  for (const { sign, deviation } of observed.metrics.get(service) ?? []) {
    show(sign.name, strengthOf(deviation.score));
    if (sign.name === 'requests') show('lost_requests', strengthOf(-deviation.middle));
  }
  return shown;
}

/** The likeliest category of a candidate; the first of the list where several are alike. */
export function categoryOf({ service, features }: Candidate, observed: Observed): CauseCategory {
  const signs = signsAt(service, observed);
  const parts: (readonly [number, Odds])[] = [
    [1, beside.usual],
    [features.change, beside.change],
    [features.feeds, beside.feeds],
    [isOpaque(service, observed) ? 1 : 0, beside.opaque],
    ...signNames.map((sign) => [signs.get(sign) ?? 0, speaksFor[sign]] as const),
  ];
  const oddsOf = (category: CauseCategory): number =>
    parts.reduce((sum, [strength, odds]) => sum + strength * (odds[category] ?? 0), 0);
  return causeCategories.reduce((best, category) => (oddsOf(category) > oddsOf(best) ? category : best));
}

const outside: ReadonlySet<SignName> = new Set(['latency', 'errors', 'availability', 'requests']);

/**
 * Seen from outside alone: the series of it say how it answers, and none how it is, while others can be looked into. Where
 * nobody can be looked into, it says nothing.
 */
function isOpaque(service: string, { metrics }: Observed): boolean {
  const mine = metrics.get(service) ?? [];
  if (mine.length === 0 || !mine.every(({ sign }) => outside.has(sign.name))) return false;
  for (const others of metrics.values()) if (others.some(({ sign }) => !outside.has(sign.name))) return true;
  return false;
}
