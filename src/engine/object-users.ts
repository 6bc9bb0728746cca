// Who names a channel or a template of the API: it cannot go before them.
import type { ChannelBook } from './channel-book.ts';
import type { ObjectDocument } from './object-order.ts';
import type { TemplateBook } from './template-book.ts';
import type { TenantBooks } from './tenant.ts';

/** What a channel may name, and what names channels. */
export interface ChannelSurroundings {
  readonly channels: ChannelBook;
  readonly templates: readonly string[];
  /** What names the channel, but for other channels. */
  readonly usersOf: (channel: string) => readonly string[];
  /** What tells the channel as a place, with the recipients of its configuration; but for other channels. */
  readonly toldAsPlaceBy: (channel: string) => readonly string[];
  /** Channels that have no recipients of their own. */
  readonly placeless: ReadonlySet<string>;
}

export interface TemplateSurroundings {
  readonly templates: TemplateBook;
  /** Which channels name the template. */
  readonly usersOf: (template: string) => readonly string[];
}

export function channelSurroundings({
  channels,
  templates,
  routes,
  policy,
  people,
}: TenantBooks): ChannelSurroundings {
  const ofRoutes = (channel: string) =>
    routes.made.entries
      .filter(({ document }) => leadsTo(document, `channel:${channel}`))
      .map(({ row }) => `route ${row.name}`);
  return {
    channels,
    templates: templates.names,
    placeless: new Set(
      [...people.targetNames.channel].flatMap(([name, { placed }]) => (placed ? [] : [name])),
    ),
    toldAsPlaceBy: (channel) => [...ofRoutes(channel), ...people.referrers('channel', channel)],
    usersOf(channel) {
      const ofStrategies = [...policy.strategies.values()]
        .filter((strategy) => strategy.channels?.includes(channel) && !isWord(channel))
        .map(({ name }) => `strategy ${name}`);
      const ofPeople = isWord(channel) ? [] : people.addressedBy(channel);
      return [...ofRoutes(channel), ...ofStrategies, ...people.referrers('channel', channel), ...ofPeople];
    },
  };

  /** A kind of channels or a family: the strategy means all of them. */
  function isWord(channel: string): boolean {
    return [...policy.ways].some(([, { type, family }]) => type === channel || family === channel);
  }
}

export function templateSurroundings({ channels, templates }: TenantBooks): TemplateSurroundings {
  return {
    templates,
    usersOf: (template) =>
      channels.made.entries
        .filter(({ document }) => document.template === template)
        .map(({ row }) => `channel ${row.name}`),
  };
}

function leadsTo({ receiver, routes }: ObjectDocument, wanted: string): boolean {
  if (receiver === wanted) return true;
  return Array.isArray(routes) && routes.some((child) => leadsTo(child as ObjectDocument, wanted));
}
