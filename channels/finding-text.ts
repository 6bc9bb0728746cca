// What made a value unusual, in a line: `expected 12–31 at this hour on Fridays, got 88; 1 in 40,000`. Of several metrics: which
// of them, and by how much.
import type { Finding, Unfitting } from '../rules/types.ts';
import type { Locale } from './message.ts';

interface Words {
  readonly line: (of: {
    readonly low: string;
    readonly high: string;
    /** The day of the week, where what is expected depends on it and on the hour; else null. */
    readonly day: string | null;
    readonly value: string;
    readonly oneIn: string;
  }) => string;
  /** One of several metrics. `beside`: it was expected there beside what the others are. */
  readonly metric: (of: {
    readonly metric: string;
    readonly low: string;
    readonly high: string;
    readonly value: string;
    readonly beside: boolean;
  }) => string;
  /** Several that do not fit one another, or are odd at once. */
  readonly together: (of: {
    readonly metrics: readonly string[];
    readonly beside: boolean;
    readonly oneIn: string;
  }) => string;
  /** From Sunday. */
  readonly days: readonly string[];
}

const words: Readonly<Record<Locale, Words>> = {
  en: {
    line: ({ low, high, day, value, oneIn }) =>
      `expected ${low}–${high}${day === null ? '' : ` at this hour on ${day}`}, got ${value}; 1 in ${oneIn}`,
    metric: ({ metric, low, high, value, beside }) =>
      `${metric} expected ${low}–${high}${beside ? ' beside the others' : ''}, got ${value}`,
    together: ({ metrics, beside, oneIn }) =>
      `${beside ? 'do not fit together' : 'unusual at once'}: ${metrics.join('; ')}; 1 in ${oneIn}`,
    days: ['Sundays', 'Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays'],
  },
  'zh-TW': {
    line: ({ low, high, day, value, oneIn }) =>
      `${day === null ? '' : `${day}的這個時段`}預期 ${low}–${high}，實際 ${value}；${oneIn} 次中才有 1 次`,
    metric: ({ metric, low, high, value, beside }) =>
      `${metric} ${beside ? '依其他指標' : ''}預期 ${low}–${high}，實際 ${value}`,
    together: ({ metrics, beside, oneIn }) =>
      `${beside ? '彼此不相符' : '同時異常'}：${metrics.join('；')}；${oneIn} 次中才有 1 次`,
    days: ['週日', '週一', '週二', '週三', '週四', '週五', '週六'],
  },
  'zh-CN': {
    line: ({ low, high, day, value, oneIn }) =>
      `${day === null ? '' : `${day}的这个时段`}预期 ${low}–${high}，实际 ${value}；${oneIn} 次中才有 1 次`,
    metric: ({ metric, low, high, value, beside }) =>
      `${metric} ${beside ? '依其他指标' : ''}预期 ${low}–${high}，实际 ${value}`,
    together: ({ metrics, beside, oneIn }) =>
      `${beside ? '彼此不相符' : '同时异常'}：${metrics.join('；')}；${oneIn} 次中才有 1 次`,
    days: ['周日', '周一', '周二', '周三', '周四', '周五', '周六'],
  },
};

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const zones = new Map<string, Intl.DateTimeFormat>();

/** The day of the week there and then, 0 for Sunday. */
function dayOf(at: number, zone: string): number {
  let format = zones.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, weekday: 'short' });
    if (zones.size < 64) zones.set(zone, format);
  }
  return dayNames.indexOf(format.format(at));
}

/** Two figures are enough to say how rare it is: 40,000. */
function oneInText(oneIn: number): string {
  const rounded = Number(Math.min(oneIn, 1e15).toPrecision(oneIn < 100 ? 3 : 2));
  return rounded < 1e9
    ? String(Math.round(rounded)).replace(/\B(?=(\d{3})+$)/g, ',')
    : rounded.toExponential();
}

/** Three figures of a bound, six of the value, which people compare with others. */
const bound = (value: number): string => String(Number(value.toPrecision(3)));

/** `zone`: an IANA name; UTC where it is left out. */
export function findingText(finding: Finding, locale: Locale, zone = 'UTC'): string {
  const { low, high, value, at, oneIn, seasonal, together } = finding;
  const { line, days } = words[locale];
  if (together !== undefined) return togetherText(together, oneIn, words[locale]);
  return line({
    ...{ low: bound(low), high: bound(high) },
    value: String(Number(value.toPrecision(6))),
    oneIn: oneInText(oneIn),
    day: seasonal ? days[dayOf(at, zone)]! : null,
  });
}

function togetherText(metrics: readonly Unfitting[], oneIn: number, { metric, together }: Words): string {
  return together({
    metrics: metrics.map(({ value, low, high, ...rest }) =>
      metric({ ...rest, low: bound(low), high: bound(high), value: String(Number(value.toPrecision(6))) }),
    ),
    beside: metrics.some(({ beside }) => beside),
    oneIn: oneInText(oneIn),
  });
}
