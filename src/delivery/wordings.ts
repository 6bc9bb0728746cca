// Says messages in users' words: their templates, the language and the time zone of a channel. What a template cannot say is
// said in the built-in words, and never lost.
import type { ChannelDefinition, Words } from '../../channels/channel.ts';
import type { AlertMessage, Locale } from '../../channels/message.ts';
import { plain } from '../../channels/text.ts';
import type { Log } from '../log.ts';
import { rendered, type Wording } from './message-template.ts';

/** A value in a text: longer ones are cut. */
const longestValue = 2_000;
/** Messages whose words are kept for other channels and for the next attempt. */
const mostKept = 256;

type Escape = (text: string) => string;
const asItIs: Escape = (text) => text;

/** How a channel is spoken to. */
export interface ChannelWords {
  /** Name of a template. */
  readonly template?: string;
  readonly locale?: Locale;
}

/** A message as it is given to a channel's `render`. */
export interface Said {
  readonly message: AlertMessage;
  readonly locale: Locale;
  readonly words?: Words;
}

export class Wordings {
  readonly #templates: ReadonlyMap<string, Wording>;
  readonly #timeZone: string;
  readonly #log: Log | null;
  /** By escape, for what is written differently; then by template, language, message and form. */
  readonly #kept = new Map<Escape, Map<string, Words>>();
  /** Texts that a template failed to say, by its name. */
  readonly failures = new Map<string, number>();

  constructor(templates: ReadonlyMap<string, Wording>, timeZone = 'UTC', log: Log | null = null) {
    this.#templates = templates;
    this.#timeZone = timeZone;
    this.#log = log;
  }

  get names(): readonly string[] {
    return [...this.#templates.keys()].sort();
  }

  named(name: string): Wording | null {
    return this.#templates.get(name) ?? null;
  }

  /**
   * The message in the zone and language of a channel, with the words of its template.
   * @param shorter Whether it is the short form, which has other words.
   */
  say(
    { dialect }: Pick<ChannelDefinition, 'dialect'>,
    { template, locale }: ChannelWords,
    message: AlertMessage,
    shorter: boolean,
  ): Said {
    const inZone = this.#timeZone === 'UTC' ? message : { ...message, timeZone: this.#timeZone };
    const said = { message: inZone, locale: locale ?? message.locale };
    const wording = template === undefined ? undefined : this.#templates.get(template);
    if (wording === undefined) return said;
    const words = this.#words(wording, said, dialect?.escape ?? asItIs, shorter);
    return { ...said, words };
  }

  /** The same in the words of a template that is not configured; nothing is kept. `problem`: why one part is the built-in one. */
  sayIn(
    { dialect }: Pick<ChannelDefinition, 'dialect'>,
    wording: Wording,
    message: AlertMessage,
    locale: Locale,
  ): Required<Said> & { readonly problems: readonly string[] } {
    const said = { message: { ...message, timeZone: this.#timeZone }, locale };
    const problems: string[] = [];
    const words = wordsOf(wording, said, dialect?.escape ?? asItIs, (part, why) => {
      problems.push(`${part}: ${why}`);
    });
    return { ...said, words, problems };
  }

  #words(wording: Wording, said: Said, mark: Escape, shorter: boolean): Words {
    let kept = this.#kept.get(mark);
    if (kept === undefined) {
      kept = new Map();
      this.#kept.set(mark, kept);
    }
    const key = JSON.stringify([wording.name, said.locale, said.message.tenant, said.message.id, shorter]);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const words = wordsOf(wording, said, mark, (part, why) => {
      const { name } = wording;
      this.failures.set(name, (this.failures.get(name) ?? 0) + 1);
      this.#log?.warn('template.failed', { template: name, part, notification: said.message.id, error: why });
    });
    if (kept.size >= mostKept) kept.delete(kept.keys().next().value ?? '');
    kept.set(key, words);
    return words;
  }
}

function wordsOf(
  { title, text }: Wording,
  { message, locale }: Said,
  mark: Escape,
  failed: (part: string, why: string) => void,
): Words {
  const part = (name: string, of: Wording['title'], escaped: Escape): string | null => {
    const result = rendered(of, message, locale, (value) => escaped(plain(value, longestValue)));
    if (result === null || typeof result === 'string') return result;
    failed(name, result.message);
    return null;
  };
  return { title: part('title', title, asItIs), text: part('text', text, mark) };
}
