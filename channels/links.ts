// Where a message may lead: addresses of the web that stand in an alert's annotations, and no others. What a sender calls
// its alert's origin (Prometheus' generatorURL) comes in as an annotation too.
import type { MessageAlert } from './message.ts';

/** In the order in which they are shown; the runbook ends a message. */
export const linkKinds = ['dashboard', 'panel', 'source', 'silence', 'runbook'] as const;
export type LinkKind = (typeof linkKinds)[number];

const annotation: Readonly<Record<LinkKind, string>> = {
  dashboard: 'dashboard_url',
  panel: 'panel_url',
  source: 'generator_url',
  silence: 'silence_url',
  runbook: 'runbook_url',
};

const longestUrl = 1_000;
// Scheme and host without anything that marks a text up, then what may be written in percent.
const shape = /^(https?:\/\/[^\s\p{C}<>"'()[\]{}|\\^`/?#]+)([/?#][^\s\p{C}]*)?$/iu;
const unsafe = /[<>"'()[\]{}|\\^`]/g;

/** An http or https address of at most 1,000 characters, written so that no channel's marks can end inside of it; else null. */
export function webAddress(text: string): string | null {
  if (text.length > longestUrl) return null;
  const found = shape.exec(text);
  if (found === null) return null;
  const rest = (found[2] ?? '').replace(unsafe, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const url = found[1] + rest;
  return url.length > longestUrl ? null : url;
}

/** The links of an alert by kind; what is no address of the web is none. */
export function linksOf({
  annotations,
}: Pick<MessageAlert, 'annotations'>): Partial<Record<LinkKind, string>> {
  const links: Partial<Record<LinkKind, string>> = {};
  for (const kind of linkKinds) {
    const name = annotation[kind];
    const text = Object.hasOwn(annotations, name) ? annotations[name] : undefined;
    const url = text === undefined ? null : webAddress(text);
    if (url !== null) links[kind] = url;
  }
  return links;
}
