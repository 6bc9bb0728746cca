// What a channel would be given to send in the words of a template, without sending it.
import type { AlertMessage, Locale } from '../../channels/message.ts';
import {
  compileWording,
  type Wording,
  type WordingProblem,
  type WrittenTemplate,
} from './message-template.ts';
import type { OpenChannel } from './open-channels.ts';
import type { Wordings } from './wordings.ts';

export interface PreviewOrder {
  /** The name of one, or one as it is written. */
  readonly template: string | WrittenTemplate;
  /** The name of a channel, or a kind of which there is one. */
  readonly channel: string;
  readonly message: AlertMessage;
  /** Absent: the channel's, else the message's. */
  readonly locale?: Locale | undefined;
}

export interface TemplatePreview {
  /** Null: the built-in words. */
  readonly title: string | null;
  readonly text: string | null;
  /** Why a part could not be said. */
  readonly problems: readonly string[];
  readonly payload: unknown;
}

export type PreviewRefusal = 'no_template' | 'no_channel' | readonly WordingProblem[];

/** Renders; reaches nobody, keeps nothing. */
export function previewTemplate(
  wordings: Wordings,
  tenant: string,
  channels: ReadonlyMap<string, OpenChannel>,
  { template, channel: called, message, locale }: PreviewOrder,
): TemplatePreview | { readonly refused: PreviewRefusal } {
  const wording = wordingOf(wordings, tenant, template);
  if (wording === null) return { refused: 'no_template' };
  if ('problems' in wording) return { refused: wording.problems };
  const channel = channels.get(called) ?? [...channels.values()].find(({ type }) => type === called);
  if (channel === undefined) return { refused: 'no_channel' };
  const { definition, settings } = channel;
  const said = wordings.sayIn(definition, wording, message, locale ?? channel.locale ?? message.locale);
  const { words, problems } = said;
  const payload = definition.render(said.message, { config: settings, locale: said.locale, words });
  return { ...words, problems, payload };
}

function wordingOf(wordings: Wordings, tenant: string, template: string | WrittenTemplate) {
  if (typeof template === 'string') return wordings.named(tenant, template);
  return compileWording('preview', template) satisfies Wording | { problems: readonly WordingProblem[] };
}
