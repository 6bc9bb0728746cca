// A rule as a line of its own language, from the version that is stored: `avg(cpu{env="prod"}[5m]) > 80`.
import type { ConfigVersionRow } from '../pipeline/effect.ts';
import { spanText, valueText } from './say.ts';

/** What stands of a rule in its stored version, as far as it is spoken of. */
export interface RuleFacts {
  readonly condition: string;
  /** Milliseconds; 0: at once. */
  readonly forMs: number;
}

type Fields = Readonly<Record<string, unknown>>;

const signs: Readonly<Record<string, string>> = {
  ...{ gt: '>', gte: '>=', lt: '<', lte: '<=', eq: '=', neq: '!=' },
};

/** Null when the version is not kept. */
export function ruleFacts(version: Pick<ConfigVersionRow, 'body'> | null): RuleFacts | null {
  if (version === null) return null;
  const rule = JSON.parse(version.body) as Fields;
  return { condition: conditionText(rule), forMs: numberOf(rule.forMs) ?? 0 };
}

/** The condition of a rule as it is stored or as it runs. */
export function conditionText(rule: Fields): string {
  switch (rule.type) {
    case 'frequency':
      return compared(
        `count(${String(rule.of)}${matchText(rule)}[${spanText(numberOf(rule.windowMs) ?? 0)}])`,
        rule,
      );
    case 'composite': {
      const readings = Array.isArray(rule.readings) ? (rule.readings as Fields[]) : [];
      return joined(
        rule.condition as Fields,
        readings.map((reading) => compared(readingText(reading), reading)),
      );
    }
    default:
      return compared(readingText(rule), rule);
  }
}

function readingText(reading: Fields): string {
  const { metric, aggregate, across, grid } = reading;
  const series = `${String(metric)}${matchText(reading)}`;
  const windowMs = numberOf(reading.windowMs) ?? 0;
  const figure =
    aggregate === 'last' && windowMs === 0
      ? series
      : `${String(aggregate)}(${series}[${spanText(windowMs)}])`;
  if (typeof across !== 'string') return figure;
  const by = (grid as { by?: readonly string[] } | undefined)?.by ?? [];
  return `${across}${by.length > 0 ? ` by (${by.join(', ')})` : ''} (${figure})`;
}

function matchText({ match }: Fields): string {
  if (!Array.isArray(match) || match.length === 0) return '';
  const texts = match.map((one: unknown) =>
    typeof one === 'string' ? one : matcherText(one as { name: string; op: string; value: string }),
  );
  return `{${texts.join(', ')}}`;
}

const matcherText = ({ name, op, value }: { name: string; op: string; value: string }) =>
  `${name}${op}${JSON.stringify(value)}`;

function compared(figure: string, { operator, threshold, aggregate }: Fields): string {
  if (aggregate === 'absent') return figure;
  const sign = signs[String(operator)] ?? String(operator);
  return `${figure} ${sign} ${valueText(numberOf(threshold) ?? Number.NaN)}`;
}

function joined(condition: Fields, readings: readonly string[]): string {
  const of = () => (condition.of as readonly Fields[]).map((one) => joined(one, readings));
  switch (condition.kind) {
    case 'reading':
      return readings[numberOf(condition.reading) ?? -1] ?? '?';
    case 'rule':
      return `${String(condition.rule)} ${String(condition.state)}`;
    case 'all':
      return `(${of().join(' and ')})`;
    case 'any':
      return `(${of().join(' or ')})`;
    case 'not':
      return `not ${joined(condition.of as Fields, readings)}`;
    case 'at_least':
      return `at least ${String(condition.count)} of (${of().join('; ')})`;
    default:
      return '?';
  }
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : null);
