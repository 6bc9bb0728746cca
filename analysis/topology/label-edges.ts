// Dependencies that labels of alerts name themselves: the alert's service calls what `upstream` or `depends_on` names.
// Forgotten when no alert has said so for a month; the least recently said go first when there are too many.
import { type Edge, serviceOf } from '../signals.ts';

/** Labels whose value is a callee, or several with commas between. */
export const calleeLabels = ['upstream', 'depends_on'] as const;

const keptMs = 30 * 86_400_000;
const mostPairs = 4_096;
const mostCallees = 16;
/** Said by a machine's label, not by a person. */
const confidence = 0.9;

/** By caller and callee: when it was said last, in the order of that. Plain data. */
export interface LabelEdges {
  readonly said: Map<string, { readonly from: string; readonly to: string; at: number }>;
}

export function labelEdges(): LabelEdges {
  return { said: new Map() };
}

/** Takes in the labels of an alert; true when an edge is new. */
export function observeLabels(
  state: LabelEdges,
  labels: Readonly<Record<string, string>>,
  at: number,
): boolean {
  const from = serviceOf(labels);
  if (from === null) return false;
  let fresh = false;
  for (const label of calleeLabels) {
    const value = labels[label];
    if (value === undefined || value === '') continue;
    for (const part of value.split(',', mostCallees)) {
      const to = part.trim();
      if (to === '' || to === from) continue;
      const key = `${from}\u0000${to}`;
      fresh = !state.said.delete(key) || fresh;
      state.said.set(key, { from, to, at });
    }
  }
  while (state.said.size > mostPairs) state.said.delete(state.said.keys().next().value!);
  return fresh;
}

/** What labels say, as of `now`. */
export function edgesOfLabels(state: LabelEdges, now: number): Edge[] {
  return [...state.said.values()]
    .filter(({ at }) => at > now - keptMs)
    .map(({ from, to }) => ({ from, to, confidence, source: 'labels' }));
}
