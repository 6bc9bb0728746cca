// References between sections: the receiver of a route, the channel of a receiver, the kind of a channel. Checked on
// plain values, so that a mistake elsewhere in the file hides none of these.
import type { z } from 'zod';
import { didYouMean } from '../../rules/did-you-mean.ts';
import type { Problem } from '../../rules/types.ts';
import type { ChannelConfig } from './config.ts';
import { isRecord, own } from './plain.ts';
import type { Resolved } from './references.ts';
import { danglingInRoute, routingNames } from './routing.ts';
import { dotted, type Path, type Source } from './source.ts';
import { zodProblems } from './zod-problems.ts';

/** What the configuration needs to know of a channel definition. */
export type ChannelKinds = Readonly<Record<string, { readonly config: z.ZodType }>>;

/** Every channel whose settings are right, and the problems of the others. */
export function readChannels(
  source: Source,
  resolved: Resolved,
  kinds: ChannelKinds,
): { channels: Map<string, ChannelConfig>; problems: Problem[] } {
  const channels = new Map<string, ChannelConfig>();
  const problems: Problem[] = [];
  for (const [name, value] of entriesOf(own(resolved.value, 'channels'))) {
    const { type, ...settings } = isRecord(value) ? value : {};
    if (typeof type !== 'string') continue; // the schema says so
    const definition = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (definition === undefined) {
      const path = ['channels', name, 'type'];
      problems.push(
        source.problem(path, unknownName('kind of channel', path, type, Object.keys(kinds), resolved)),
      );
      continue;
    }
    const parsed = definition.config.safeParse(settings);
    if (parsed.success) channels.set(name, { name, type, settings: parsed.data });
    else {
      problems.push(
        ...zodProblems(source, parsed.error, definition.config, ['channels', name], resolved.written),
      );
    }
  }
  return { channels, problems };
}

/** Channels of receivers, and receivers and time intervals of routes, that do not exist; of the sections at `base`. */
export function danglingNames(
  source: Source,
  resolved: Resolved,
  sections: unknown,
  base: Path,
  knownChannels: readonly string[],
): Problem[] {
  const problems: Problem[] = [];
  const complain = (path: Path, what: string, name: string, known: readonly string[]) =>
    void problems.push(source.problem(path, unknownName(what, path, name, known, resolved)));
  for (const [name, receiver] of entriesOf(own(sections, 'receivers'))) {
    const channels = own(receiver, 'channels');
    if (!Array.isArray(channels)) continue;
    channels.forEach((channel: unknown, i) => {
      if (typeof channel === 'string' && !knownChannels.includes(channel))
        complain([...base, 'receivers', name, 'channels', i], 'channel', channel, knownChannels);
    });
  }
  danglingInRoute(own(sections, 'route'), routingNames(sections), (path, ...rest) =>
    complain([...base, 'route', ...path], ...rest),
  );
  return problems;
}

function unknownName(
  what: string,
  path: Path,
  name: string,
  known: readonly string[],
  resolved: Resolved,
): string {
  const shown = resolved.written.get(dotted(path)) ?? name;
  const near = shown === name ? didYouMean(name, known) : undefined;
  if (near !== undefined) {
    return `there is no ${what} ${JSON.stringify(shown)}; did you mean ${JSON.stringify(near)}?`;
  }
  const list = known.length === 0 ? 'none is defined' : `expected one of ${known.join(', ')}`;
  return `there is no ${what} ${JSON.stringify(shown)}; ${list}`;
}

function entriesOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}
