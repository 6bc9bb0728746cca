// Targets to people: whoever stands behind several of them is told once.
import type { Directory, Person, Target } from './people.ts';

/** Each once, in the order in which they are named first. */
export interface Expansion {
  readonly people: readonly Person[];
  /** Names of channels that are told as places, with the recipients of their configuration. */
  readonly channels: readonly string[];
  /** What stands for nobody: a name that nobody has, a schedule that has nobody on call. */
  readonly nobody: readonly Target[];
}

/**
 * Whom the targets stand for at a moment (epoch milliseconds). A team stands for its members where it is named first;
 * teams that name one another are looked at once.
 */
export function expand(directory: Directory, targets: readonly Target[], at: number): Expansion {
  const people = new Map<string, Person>();
  const channels = new Set<string>();
  const nobody: Target[] = [];
  const seen = new Set<string>();
  const tell = (name: string): boolean => {
    const person = directory.people.get(name);
    if (person !== undefined) people.set(name, people.get(name) ?? person);
    return person !== undefined;
  };
  // The next one is at the end.
  const open = targets.toReversed();
  for (let target = open.pop(); target !== undefined; target = open.pop()) {
    const { kind, name } = target;
    if (kind === 'channel') channels.add(name);
    else if (kind === 'person') {
      if (!tell(name)) nobody.push(target);
    } else {
      const key = `${kind}:${name}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (kind === 'on_call') {
        const found = directory.onCall(name, at).filter(tell);
        if (found.length === 0) nobody.push(target);
      } else {
        const members = directory.teams.get(name);
        if (members === undefined) nobody.push(target);
        else open.push(...members.toReversed());
      }
    }
  }
  return { people: [...people.values()], channels: [...channels], nobody };
}
