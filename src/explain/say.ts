// How an explanation speaks: the language, the time zone, and how times, spans and values are written.
import type { Locale } from '../../channels/message.ts';
import { texts as channelTexts } from '../../channels/texts.ts';
import { formatDuration } from '../../rules/duration.ts';
import type { Labels } from '../../rules/types.ts';
import type { Texts } from './texts/en.ts';
import { texts } from './texts/index.ts';

export interface Say {
  readonly locale: Locale;
  readonly t: Texts;
  readonly zone: string;
  /** `2026-03-14 03:00:10`. */
  time(at: number): string;
  /** The same, without the date where it is the date of `beside`. */
  timeBeside(at: number, beside: number): string;
}

/** @throws RangeError for a zone that there is none of; see `isZone`. */
export function sayIn(locale: Locale, zone: string): Say {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const time = (at: number) => format.format(at);
  return {
    ...{ locale, t: texts[locale], zone, time },
    timeBeside(at, beside) {
      const text = time(at);
      return text.slice(0, 10) === time(beside).slice(0, 10) ? text.slice(11) : text;
    },
  };
}

/** Whether there is such a time zone. */
export function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('sv-SE', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** A value with six figures at most: nobody reads more. */
export function valueText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** A span to the second, or in milliseconds where it is shorter. */
export function spanText(ms: number): string {
  return formatDuration(ms >= 1_000 ? Math.round(ms / 1_000) * 1_000 : ms);
}

/** Labels shown of an alert; more would hide the sentence. */
const mostLabels = 8;

/** `HighCpu{host="a"}`: the name of an alert with the labels that tell it from others. */
export function nameText(labels: Labels): string {
  const { alertname = '', severity: _, ...rest } = labels;
  return `${alertname}${labelsText(rest)}`;
}

/** `{host="a"}`; nothing where there are none. */
export function labelsText(labels: Labels): string {
  const all = Object.entries(labels);
  const shown = all.slice(0, mostLabels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  if (all.length > mostLabels) shown.push('…');
  return shown.length === 0 ? '' : `{${shown.join(', ')}}`;
}

/** A severity in the word that messages have for it. */
export function severityText(severity: string, { locale }: Say): string {
  const words: Readonly<Record<string, string>> = channelTexts[locale].severity;
  return words[severity] ?? severity;
}

/** `key:ann` and `user:ann` are both ann; `answer:phone` and `link:phone` are whoever has that phone. */
export function whoText(actor: string | null, say: Say): string {
  if (actor === null || actor === '') return say.t.somebody;
  return actor.replace(/^(?:key|user|answer|link):/, '');
}
