// docs/channels.md, written from the definitions: what each channel is, its keys, its limits, an example, and what the
// provider's answers mean.
import { z } from 'zod';
import type { ChannelDefinition, RateWindow } from './channel.ts';

/** examples/channels/<kind>.yaml: as it stands, and the channels in it. */
export interface ChannelExample {
  readonly text: string;
  /** Name and what `config` of the definition made of the settings. */
  readonly channels: readonly { readonly name: string; readonly settings: unknown }[];
}

/**
 * The page in Markdown.
 * @param examples By kind.
 * @throws when a channel has no example or no `docs`, or a key no description.
 */
export function channelPage(
  definitions: Readonly<Record<string, ChannelDefinition>>,
  examples: Readonly<Record<string, ChannelExample>>,
): string {
  const kinds = Object.keys(definitions);
  const list = kinds.map((kind) => `[${kind}](#${kind})`).join(', ');
  return `${[
    '# Channels, key by key',
    'Written from the program (`npx vitest run channels/channel-page.test.ts -u`): what stands here is what it does. How messages are brought home over channels, and what becomes of an attempt, stands in [reference/channels.md](reference/channels.md).',
    list,
    ofEveryChannel,
    ...kinds.map((kind) => section(definitions[kind]!, examples[kind])),
  ].join('\n\n')}\n`;
}

const ofEveryChannel = `## Of every channel

\`type\` says the kind; \`enabled\`, \`fallback\` and \`providers\` stand [beside the keys of each](reference/channels.md#fallback), and \`send_resolved\` says whether people are told on it [that something is over](reference/channels.md#ends). A secret is best written as \`\${env:NAME}\`; it is never shown. The same keys, as JSON, make a channel [through the API](reference/http.md#channels-and-templates-of-the-api).

Answers are read to their body: an HTTP 200 that tells of a failure is one. The tables name what is particular to a provider. Everywhere no connection is \`network\`, a request that was written and never answered, or a success that cannot be read, is \`unknown\`, and an address that [may not be called](reference/configuration.md#egress) is \`permanent\`. What becomes of each result stands in [the reference](reference/channels.md).`;

function section(definition: ChannelDefinition, example: ChannelExample | undefined): string {
  const { kind, label, docs } = definition;
  if (example === undefined)
    throw new Error(`channel ${kind} has no example: write examples/channels/${kind}.yaml`);
  if (docs === undefined) throw new Error(`channel ${kind} has no docs: say what a user has to know`);
  return [
    `## ${kind}`,
    label.en === label['zh-TW'] ? label.en : `${label.en} (${label['zh-TW']})`,
    docs.text,
    ...keyTables(definition),
    limitsText(definition, example),
    `\`\`\`yaml\n${example.text.trim()}\n\`\`\``,
    ...(docs.answers.length === 0 ? [] : [answerTable(docs.answers)]),
  ].join('\n\n');
}

function limitsText(definition: ChannelDefinition, { channels }: ChannelExample): string {
  const { limits } = definition;
  const general = `At most ${number(limits.maxBytes)} bytes a message, ${counted(limits.concurrency, 'attempt')} at once, ${number(limits.deadlineMs / 1000)} s for each.`;
  if (definition.rates === undefined) return [general, ...ratesText(limits.rates ?? [])].join(' ');
  const lines = channels.flatMap(({ name, settings }) => {
    const rates = ratesText(definition.rates!(settings));
    return rates.length === 0 ? [] : [`- \`${name}\` of the example: ${rates.join(' ')}`];
  });
  return lines.length === 0 ? general : `${general} What a provider grants besides:\n\n${lines.join('\n')}`;
}

const whose: Readonly<Record<RateWindow['scope'], string>> = {
  channel: 'of a channel',
  recipient: 'to one recipient',
  account: 'of one account',
};

function ratesText(rates: readonly RateWindow[]): string[] {
  return rates.map(
    ({ scope, calls, perMs }) => `${counted(calls, 'call')} ${whose[scope]} within ${spanText(perMs)}.`,
  );
}

function spanText(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ] as const;
  for (const [unit, length] of units) if (ms % length === 0) return counted(ms / length, unit);
  return `${number(ms / 1000)} s`;
}

function answerTable(answers: readonly (readonly [string, string])[]): string {
  const rows = answers.map(([answer, result]) => `| ${cell(answer)} | \`${result}\` |`);
  return ['| answer | result |', '| --- | --- |', ...rows].join('\n');
}

/** The part of a JSON schema that zod writes. */
interface Property {
  readonly type?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly anyOf?: readonly Property[];
  readonly oneOf?: readonly Property[];
  readonly items?: Property;
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Property | boolean;
  readonly description?: string;
  readonly default?: unknown;
  readonly writeOnly?: boolean;
}

function keyTables({ kind, config }: ChannelDefinition): string[] {
  const schema = z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' }) as Property;
  return variantsOf(schema).map(({ name, schema: one }) => {
    const table = ['| key | value | default | |', '| --- | --- | --- | --- |', ...rowsOf(one, '', kind)];
    return [...(name === null ? [] : [`### ${kind}, ${name}\n`]), ...table].join('\n');
  });
}

/** A row for each key; those of an object follow it, with its name in front. */
function rowsOf(schema: Property, above: string, kind: string): string[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const key = above + name;
    const says = property.description ?? '';
    if (says === '') throw new Error(`channel ${kind}: the key ${key} has no description`);
    const secret = secretText(property);
    const standard = required.has(name) ? 'required' : defaultText(property);
    return [
      `| \`${key}\` | ${typeText(property)} | ${standard} | ${cell(says)}${secret} |`,
      ...rowsOf(property, `${key}.`, kind),
    ];
  });
}

/** One table, or one for each member of a union, called by its constant. */
function variantsOf(schema: Property): { readonly name: string | null; readonly schema: Property }[] {
  const members = schema.oneOf ?? schema.anyOf;
  if (members === undefined) return [{ name: null, schema }];
  return members.map((member) => {
    const constants = Object.values(member.properties ?? {}).flatMap((one) => one.const ?? []);
    return { name: constants.length === 0 ? null : constants.join(', '), schema: member };
  });
}

function secretText(property: Property): string {
  const { additionalProperties: values } = property;
  if (typeof values === 'object' && isSecret(values)) return ' The values are secret.';
  return isSecret(property) ? ' Secret.' : '';
}

function isSecret(property: Property): boolean {
  return property.writeOnly === true || (property.anyOf ?? []).some(isSecret);
}

function typeText(property: Property): string {
  const { type, enum: words, items, additionalProperties: values } = property;
  if (property.const !== undefined) return inCode(property.const);
  if (words) return words.map(inCode).join(', ');
  const members = property.anyOf ?? property.oneOf;
  if (members) return [...new Set(members.map(typeText))].join(' or ');
  switch (type) {
    case 'array': {
      const most = property.maxItems === undefined ? '' : `at most ${number(property.maxItems)}: `;
      return `list, ${most}${items ? typeText(items) : 'anything'}`;
    }
    case 'object':
      if (typeof values !== 'object' || Object.keys(values).length === 0) return 'map';
      return `map of names to ${typeText(values)}`;
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
    case 'number':
      return rangeText(property);
    case 'string':
      return property.format === 'uri' ? 'URL' : 'text';
    default:
      return type ?? 'anything';
  }
}

function rangeText({ minimum, maximum }: Property): string {
  const real = (bound: number | undefined) =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? number(bound) : null;
  const [least, most] = [real(minimum), real(maximum)];
  return least !== null && most !== null ? `number, ${least} to ${most}` : 'number';
}

function defaultText(property: Property): string {
  return property.default === undefined ? '' : inCode(property.default);
}

/** Words as they are written in YAML, everything else as JSON. */
function inCode(value: unknown): string {
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const number = (value: number) => value.toLocaleString('en-US');
const counted = (count: number, unit: string) => `${number(count)} ${unit}${count === 1 ? '' : 's'}`;
