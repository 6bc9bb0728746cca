// A rule's condition as a line of its own language: `avg(cpu{env="prod"}[5m]) > 80`.
import { formatDuration } from './duration.ts';
import type { Rule, Severity } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

const signs: Readonly<Record<string, string>> = {
  ...{ gt: '>', gte: '>=', lt: '<', lte: '<=', eq: '=', neq: '!=' },
};

/** The condition of a rule as it is stored or as it runs. */
export function conditionText(rule: Fields): string {
  switch (rule.type) {
    case 'frequency':
      return compared(
        `count(${String(rule.of)}${matchText(rule)}[${spanText(numberOf(rule.windowMs) ?? 0)}])`,
        rule,
      );
    case 'pattern':
      return patternText(rule);
    case 'anomaly':
      return anomalyText(rule);
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

/** `found(cascade or storm{service="checkout"}[10m])`. */
function patternText(rule: Fields): string {
  const patterns = (Array.isArray(rule.patterns) ? rule.patterns : []) as string[];
  return `found(${patterns.join(' or ')}${matchText(rule)}[${spanText(numberOf(rule.windowMs) ?? 0)}])`;
}

/** `unusual(latency{service="checkout"}, up, 1 a week)`. */
function anomalyText(rule: Fields): string {
  const readings = (Array.isArray(rule.readings) ? rule.readings : []) as Fields[];
  const series = readings.map((reading) => `${String(reading.metric)}${matchText(reading)}`);
  const by = (rule.grid as { by?: readonly string[] } | undefined)?.by ?? [];
  const on = by.length > 0 ? ` by (${by.join(', ')})` : '';
  const aside = rule.direction === 'both' ? [] : [String(rule.direction)];
  const parts = [...series, ...aside, `${valueText(numberOf(rule.sensitivity) ?? Number.NaN)} a week`];
  return `unusual${on}(${parts.join(', ')})`;
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

// A rule may join a hundred conditions; a message names it for each of its alerts.
const longestWhole = 300;
const wholes = new WeakMap<Rule, string>();

/**
 * What the figure of a rule is held against: `> 80`, of a level its own threshold. Where more than one figure is compared, or
 * none, the whole condition, of at most 300 characters.
 */
export function againstText(rule: Rule, severity: Severity): string {
  if (
    rule.type === 'composite' ||
    rule.type === 'anomaly' ||
    rule.type === 'pattern' ||
    ('aggregate' in rule && rule.aggregate === 'absent')
  )
    return whole(rule);
  const level = rule.levels?.find((one) => one.severity === severity) ?? rule;
  return `${signs[rule.operator]} ${valueText(level.threshold)}`;
}

function whole(rule: Rule): string {
  const known = wholes.get(rule);
  if (known !== undefined) return known;
  const text = conditionText({ ...rule });
  const cut = text.length <= longestWhole ? text : `${[...text].slice(0, longestWhole - 1).join('')}…`;
  wholes.set(rule, cut);
  return cut;
}

/** Six figures at most: nobody reads more. */
function valueText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** A span to the second, or in milliseconds where it is shorter. */
function spanText(ms: number): string {
  return formatDuration(ms >= 1_000 ? Math.round(ms / 1_000) * 1_000 : ms);
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : null);
