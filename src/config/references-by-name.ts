// References between sections: the receiver of a route, the channel of a receiver, the kind of a channel. Checked on
// plain values, so that a mistake elsewhere in the file hides none of these.
import type { z } from 'zod';
import { didYouMean } from '../../rules/did-you-mean.ts';
import type { Problem } from '../../rules/types.ts';
import { type AddressedChannel, type Addressing, reachOf, tellsPeopleOnly } from './addressing.ts';
import { takeApart, windowsOf } from './channel-keys.ts';
import type { ChannelConfig } from './config.ts';
import { danglingInEscalations } from './escalations.ts';
import { checkPeople } from './people-names.ts';
import { isRecord, own } from './plain.ts';
import type { Resolved } from './references.ts';
import { danglingInRoute, routingNames } from './routing.ts';
import { danglingInSchedules } from './schedules.ts';
import { dotted, type Path, type Source } from './source.ts';
import { zodProblems } from './zod-problems.ts';

/** What the configuration needs to know of a channel definition. */
export interface ChannelKind {
  readonly config: z.ZodType;
  readonly address?: z.ZodType<string>;
  reachesPeople?(settings: unknown): boolean;
  reachesPlaces?(settings: unknown): boolean;
  /** false: people are not told on it that something is over, unless the channel says so. */
  readonly ends?: false;
}
export type ChannelKinds = Readonly<Record<string, ChannelKind>>;

/** What a channel may name: others that take over, and templates. */
export interface ChannelNames {
  readonly channels: readonly string[];
  readonly templates: readonly string[];
}

/** Every channel whose settings are right, and the problems of the others. Names: those of the document unless given. */
export function readChannels(
  source: Source,
  resolved: Resolved,
  kinds: ChannelKinds,
  known: ChannelNames = namesIn(resolved.value),
): { channels: Map<string, ChannelConfig>; problems: Problem[] } {
  const channels = new Map<string, ChannelConfig>();
  const problems: Problem[] = [];
  const entries = entriesOf(own(resolved.value, 'channels'));
  const { channels: names, templates } = known;
  for (const [name, value] of entries) {
    if (!isRecord(value)) continue;
    const { type } = value;
    if (typeof type !== 'string') continue; // the schema says so
    const definition = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (definition === undefined) {
      const path = ['channels', name, 'type'];
      problems.push(
        source.problem(path, unknownName('kind of channel', path, type, Object.keys(kinds), resolved)),
      );
      continue;
    }
    const taken = takeApart(source, resolved, name, value);
    problems.push(...taken.problems);
    for (const { name: called, path, settings, keys } of taken.channels) {
      const parsed = definition.config.safeParse(settings);
      if (!parsed.success)
        problems.push(...zodProblems(source, parsed.error, definition.config, path, resolved.written));
      else if (keys.enabled) {
        const { fallback, template, locale, cost, send_resolved: ends } = keys;
        const words = {
          ...(template !== undefined && { template }),
          ...(locale !== undefined && { locale }),
          ...(cost !== undefined && { cost }),
          ...(!(ends ?? definition.ends !== false) && { tellsEnds: false as const }),
        };
        const { windows, problem } = windowsOf(keys);
        if (problem) problems.push(source.problem(['channels', name, ...problem.path], problem.message));
        const { file, line } = source.problem(path, '');
        const own = { name: called, type, settings: parsed.data, place: { file, line } };
        channels.set(called, { ...own, fallback, limits: windows, ...words });
      }
    }
    danglingFallback(source, resolved, name, value, names, problems);
    const { template } = taken.channels[0]?.keys ?? {};
    if (template !== undefined && !templates.includes(template)) {
      const path = ['channels', name, 'template'];
      problems.push(source.problem(path, unknownName('template', path, template, templates, resolved)));
    }
  }
  return { channels, problems };
}

function namesIn(value: unknown): ChannelNames {
  const keys = (section: string) => entriesOf(own(value, section)).map(([name]) => name);
  return { channels: keys('channels'), templates: keys('templates') };
}

/** How the channels reach people: of all that the file has, those that are switched off too. */
export function addressingOf(
  resolved: Resolved,
  kinds: ChannelKinds,
  channels: ReadonlyMap<string, ChannelConfig>,
): Addressing {
  const named = entriesOf(own(resolved.value, 'channels')).flatMap(
    ([name, value]): [string, AddressedChannel][] => {
      const kind = own(value, 'type');
      if (typeof kind !== 'string') return [];
      const open = channels.get(name);
      const definition = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
      const reach = reachOf(definition, open === undefined ? null : { given: open.settings });
      return [[name, { name, kind, enabled: open !== undefined, ...reach, cost: open?.cost ?? 0 }]];
    },
  );
  return {
    channels: new Map(named),
    kinds: new Map(Object.entries(kinds).map(([kind, { address = null }]) => [kind, address])),
  };
}

function danglingFallback(
  source: Source,
  resolved: Resolved,
  name: string,
  value: Readonly<Record<string, unknown>>,
  names: readonly string[],
  problems: Problem[],
): void {
  if (!Array.isArray(value.fallback)) return;
  value.fallback.forEach((fallback: unknown, i) => {
    const path = ['channels', name, 'fallback', i];
    if (fallback === name) problems.push(source.problem(path, 'is the channel itself: expected another one'));
    else if (typeof fallback === 'string' && !names.includes(fallback))
      problems.push(source.problem(path, unknownName('channel', path, fallback, names, resolved)));
  });
}

/** Channels with recipients of their own, for whom one without any would take over. */
export function peopleOnlyFallbacks(source: Source, resolved: Resolved, { channels }: Addressing): Problem[] {
  return entriesOf(own(resolved.value, 'channels')).flatMap(([name, value]) => {
    const fallback = own(value, 'fallback');
    if (!Array.isArray(fallback) || channels.get(name)?.placed === false) return [];
    return fallback.flatMap((other: unknown, i) =>
      typeof other === 'string' && channels.get(other)?.placed === false
        ? [source.problem(['channels', name, 'fallback', i], tellsPeopleOnly(other))]
        : [],
    );
  });
}

/** Channels of receivers, and receivers and time intervals of routes, that do not exist; of the sections at `base`. */
export function danglingNames(
  source: Source,
  resolved: Resolved,
  sections: unknown,
  base: Path,
  knownChannels: readonly string[],
  knownStrategies: readonly string[],
  addressing: Addressing,
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
      else if (
        own(receiver, 'to') === undefined &&
        addressing.channels.get(String(channel))?.placed === false
      )
        problems.push(
          source.problem([...base, 'receivers', name, 'channels', i], tellsPeopleOnly(String(channel))),
        );
    });
  }
  checkPeople(sections, addressing, {
    unknown: (path, ...rest) => complain([...base, ...path], ...rest),
    wrong: (path, message) => void problems.push(source.problem([...base, ...path], message)),
  });
  const receivers = routingNames(sections).receivers;
  for (const [name, receiver] of entriesOf(own(sections, 'receivers'))) {
    const to = own(own(receiver, 'digest'), 'to');
    if (typeof to === 'string' && !receivers.includes(to))
      complain([...base, 'receivers', name, 'digest', 'to'], 'receiver', to, receivers);
  }
  for (const key of ['emergency', 'administrator']) {
    const receiver = own(sections, key);
    if (typeof receiver === 'string' && !receivers.includes(receiver))
      complain([...base, key], 'receiver', receiver, receivers);
  }
  const reportTo = own(own(sections, 'reach_test'), 'report_to');
  if (typeof reportTo === 'string' && !receivers.includes(reportTo))
    complain([...base, 'reach_test', 'report_to'], 'receiver', reportTo, receivers);
  danglingStrategies(sections, knownStrategies, (path, strategy) =>
    complain([...base, ...path], 'strategy', strategy, knownStrategies),
  );
  danglingInEscalations(
    sections,
    { addressing, strategies: knownStrategies, intervals: routingNames(sections).intervals },
    {
      unknown: (path, ...rest) => complain([...base, ...path], ...rest),
      wrong: (path, message) => void problems.push(source.problem([...base, ...path], message)),
    },
  );
  danglingInSchedules(sections, (path, person, known) =>
    complain([...base, ...path], 'person', person, known),
  );
  danglingInRoute(own(sections, 'route'), routingNames(sections), (path, ...rest) =>
    complain([...base, 'route', ...path], ...rest),
  );
  return problems;
}

/** Strategies that receivers and routes ask for and nobody defines. */
function danglingStrategies(
  sections: unknown,
  known: readonly string[],
  complain: (path: Path, strategy: string) => void,
): void {
  const look = (node: unknown, at: Path): void => {
    const strategy = own(node, 'strategy');
    if (typeof strategy === 'string' && !known.includes(strategy)) complain([...at, 'strategy'], strategy);
    const children = own(node, 'routes');
    if (Array.isArray(children)) children.forEach((child, i) => void look(child, [...at, 'routes', i]));
  };
  look(own(sections, 'route'), ['route']);
  for (const [name, receiver] of entriesOf(own(sections, 'receivers'))) look(receiver, ['receivers', name]);
}

/** Names in one complaint. */
const mostListed = 50;

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
  const more = known.length > mostListed ? ', …' : '';
  const list =
    known.length === 0
      ? 'none is defined'
      : `expected one of ${known.slice(0, mostListed).join(', ')}${more}`;
  return `there is no ${what} ${JSON.stringify(shown)}; ${list}`;
}

function entriesOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}
