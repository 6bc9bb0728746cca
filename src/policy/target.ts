// Targets as they are written and read.
import { formatTarget } from '../pipeline/target.ts';
import type { Target } from './people.ts';

export { formatTarget };

const kinds = { team: 'team', on_call: 'on_call', channel: 'channel' } as const;
const name = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** `alice`, `team:ops`, `on_call:primary` or `channel:chat`; null when it is none of them. */
export function parseTarget(written: string): Target | null {
  const colon = written.indexOf(':');
  if (colon === -1) return name.test(written) ? { kind: 'person', name: written } : null;
  const word = written.slice(0, colon);
  const rest = written.slice(colon + 1);
  if (!Object.hasOwn(kinds, word) || !name.test(rest)) return null;
  return { kind: kinds[word as keyof typeof kinds], name: rest };
}
