// When a digest holds as much as goes out before its time.

import { dedupeUntil } from './dedupe.ts';
import { waiting } from './digest.ts';
import { mostInDigest } from './digest-rule.ts';
import type { Group, PipelineState } from './state.ts';

/**
 * What comes and goes counts once, and not before the dedupe window of its last message is over: it would fill a digest by
 * itself, and be told as often as that. What is kept of it has the same bound as a digest.
 * @param held Ids of what is held back beyond what the group knows of.
 */
export function isFull(
  state: PipelineState,
  group: Group,
  max: number,
  now: number,
  held: ReadonlySet<string> = new Set(),
): boolean {
  // Counted only where it may be full: most of the members may have been told long ago.
  if (group.members.size < max) return false;
  const receiver = state.routing.receivers.get(group.row.receiver);
  const keys = new Set<string>();
  let queued = 0;
  for (const alert of waiting(state, group)) {
    if (held.has(alert.id)) continue;
    queued += 1;
    if (receiver && alert.kind === 'alert' && dedupeUntil(state, group, alert, receiver) > now) continue;
    keys.add(alert.key);
  }
  return keys.size >= max || queued >= mostInDigest;
}
