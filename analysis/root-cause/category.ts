// Which of the seven kinds of cause it is, from what the candidate itself shows: its alerts, its metrics, what was changed
// on it, and whether anybody can look into it at all.
import type { Candidate } from './features.ts';
import { strengthOf } from './features.ts';
import { type CauseCategory, causeCategories } from './hypothesis.ts';
import type { Observed } from './observed.ts';
import { type SignName, speaksFor } from './signs.ts';

/** What is asked beside the signs, and what it adds to the logarithm of the odds. */
const changed = 2.5;
const opaque = 2.5;
const usual: Readonly<Record<CauseCategory, number>> = {
  resource_exhaustion: 0,
  change: 0,
  dependency_failure: -0.5,
  network: 0,
  traffic_surge: 0,
  data_storage: 0,
  application_fault: 0.7,
};

/** How strongly each sign shows at the service itself, 0 … 1: in its alerts or in its metrics, whichever says more. */
export function signsAt(service: string, observed: Observed): ReadonlyMap<SignName, number> {
  const shown = new Map<SignName, number>();
  const counts = new Map<SignName, number>();
  for (const { sign } of observed.alerts.get(service) ?? [])
    if (sign) counts.set(sign.name, (counts.get(sign.name) ?? 0) + 1);
  for (const [sign, n] of counts) shown.set(sign, 1 - Math.exp(-n));
  const show = (sign: SignName, strength: number) => shown.set(sign, Math.max(shown.get(sign) ?? 0, strength));
  for (const { sign, deviation } of observed.metrics.get(service) ?? []) {
    show(sign.name, strengthOf(deviation.score));
    if (sign.name === 'requests') show('lost_requests', strengthOf(-deviation.middle));
  }
  return shown;
}

/** The likeliest category of a candidate; the first of the list where several are alike. */
export function categoryOf(candidate: Candidate, observed: Observed): CauseCategory {
  const odds = { ...usual };
  for (const [sign, strength] of signsAt(candidate.service, observed))
    for (const category of causeCategories) odds[category] += strength * (speaksFor[sign][category] ?? 0);
  odds.change += changed * candidate.features.change;
  if (isOpaque(candidate.service, observed)) odds.dependency_failure += opaque;
  return causeCategories.reduce((best, category) => (odds[category] > odds[best] ? category : best));
}

/** Seen from outside alone: series of it say how it answers, and none how it is. */
export function isOpaque(service: string, { metrics }: Observed): boolean {
  const mine = metrics.get(service) ?? [];
  return mine.length > 0 && mine.every(({ sign }) => strengthless.has(sign.name));
}
const strengthless: ReadonlySet<SignName> = new Set(['latency', 'errors', 'availability', 'requests']);
