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
  /** Of the file: everybody's. */
  readonly #templates: ReadonlyMap<string, Wording>;
  /** What tenants made themselves, by tenant. */
  readonly #own = new Map<string, ReadonlyMap<string, Wording>>();
  readonly #timeZone: string;
  readonly #log: Log | null;
  /** By escape, for what is written differently; then by template, language, message and form. */
  readonly #kept = new Map<Escape, Map<string, Words>>();
  /** Texts that a template failed to say, by its name; of a tenant's own by `tenant/name`. */
  readonly failures = new Map<string, number>();

  constructor(templates: ReadonlyMap<string, Wording>, timeZone = 'UTC', log: Log | null = null) {
    this.#templates = templates;
    this.#timeZone = timeZone;
    this.#log = log;
  }

  /** Those that a tenant may use. */
  names(tenant: string): readonly string[] {
    return [...new Set([...this.#templates.keys(), ...(this.#own.get(tenant)?.keys() ?? [])])].sort();
  }

  named(tenant: string, name: string): Wording | null {
    return this.#templates.get(name) ?? this.#own.get(tenant)?.get(name) ?? null;
  }

  /** From now on the tenant has these beside those of the file; the next message is said in their words. */
  set(tenant: string, own: ReadonlyMap<string, Wording>): void {
    if (own.size === 0 && !this.#own.has(tenant)) return;
    this.#own.set(tenant, own);
    this.#kept.clear();
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
    const wording = template === undefined ? null : this.named(message.tenant, template);
    if (wording === null) return said;
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
      // Names hold no slash: of a tenant's own nobody else hears.
      const ofFile = this.#templates.get(wording.name) === wording;
      const name = ofFile ? wording.name : `${said.message.tenant}/${wording.name}`;
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
