// The operator's configuration: one file, the environment and the command line become a TocsinConfig, or every problem
// at once with its place. Flags win over the environment, the environment over the file, the file over defaults.

import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { channels as builtIn } from '../../channels/index.ts';
import type { Problem } from '../../rules/types.ts';
import type { FlappingConfig } from '../pipeline/flaps.ts';
import { type Address, parseAddress } from './address.ts';
import type { Addressing } from './addressing.ts';
import {
  type ChannelConfig,
  defaultAcknowledgeMs,
  defaultBallastBytes,
  defaultLimits,
  defaultRemindMs,
  defaultRetention,
  type TocsinConfig,
} from './config.ts';
import { classificationOf, heartbeatsOf } from './inbound-schema.ts';
import { linksOf } from './links.ts';
import { directoryOf } from './people.ts';
import { isRecord, own } from './plain.ts';
import { reachTestOf } from './reach-test.ts';
import { readTextFile } from './read-file.ts';
import { resolveReferences } from './references.ts';
import {
  addressingOf,
  type ChannelKinds,
  danglingNames,
  peopleOnlyFallbacks,
  readChannels,
} from './references-by-name.ts';
import { checkRouteTree, receiversOf } from './routes.ts';
import { buildRouting, routingNames, type WrittenAt } from './routing.ts';
import type { RoutingInput } from './routing-schema.ts';
import { schedulesOf } from './schedules.ts';
import { type ConfigInput, configSchema } from './schema.ts';
import { dotted, type Path, readSource } from './source.ts';
import { batchesOf, neverBatched, strategiesOf, strategyNames } from './strategies.ts';
import { topologyOf } from './topology.ts';
import { zodProblems } from './zod-problems.ts';

export interface LoadOptions {
  /** The configuration file; without it `tocsin.yaml` of `cwd` when there is one, else defaults. */
  readonly file?: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: {
    readonly listen?: string;
    readonly data?: string;
    readonly rules?: readonly string[];
    readonly mock?: boolean;
  };
  /** Kinds of channels by name; the built-in ones unless told otherwise. */
  readonly channels?: ChannelKinds;
  /** Epoch milliseconds: from when on somebody has to be on call. The machine's time unless given. */
  readonly now?: number;
}

export type Loaded =
  | { readonly config: TocsinConfig; readonly file: string | null }
  | { readonly problems: readonly Problem[] };

export const defaultFile = 'tocsin.yaml';
const longestFile = 1024 * 1024;
const defaultCollectorMs = 5_000;
const defaultPeriodMs = 7 * 86_400_000;
const defaultListen: Address = { host: '127.0.0.1', port: 8787 };

/** Reads and checks everything; touches nothing. */
export function loadConfig(options: LoadOptions): Loaded {
  const implied = resolve(options.cwd, defaultFile);
  const file =
    options.file !== undefined ? resolve(options.cwd, options.file) : existsSync(implied) ? implied : null;
  const problems: Problem[] = [];
  const outside = fromOutside(options, problems);
  if (file === null) {
    if (problems.length > 0) return { problems };
    return { config: assemble({}, options.cwd, outside, new Map(), null), file };
  }
  const text = readTextFile(file, longestFile);
  if (typeof text !== 'string') {
    return { problems: [...problems, { file, line: 1, column: 1, path: '', message: text.problem }] };
  }
  const source = readSource(file, text);
  if ('problems' in source) return { problems: [...problems, ...source.problems] };

  const resolved = resolveReferences(source.value ?? {}, options.env, dirname(file));
  for (const { path, message } of resolved.missing) problems.push(source.problem(path, message));
  const missing = new Set(resolved.missing.map(({ path }) => dotted(path)));
  const parsed = configSchema.safeParse(resolved.value);
  const found: Problem[] = [];
  if (!parsed.success) found.push(...zodProblems(source, parsed.error, configSchema, [], resolved.written));
  const { channels, problems: ofChannels } = readChannels(source, resolved, options.channels ?? builtIn);
  found.push(...ofChannels);
  const section = own(resolved.value, 'channels');
  const knownChannels = isRecord(section) ? Object.keys(section) : [];
  const addressing = addressingOf(resolved, options.channels ?? builtIn, channels);
  found.push(...peopleOnlyFallbacks(source, resolved, addressing));
  const knownStrategies = strategyNames(own(resolved.value, 'strategies'));
  for (const { base, sections } of sectionsOf(resolved.value)) {
    checkRouteTree(
      own(sections, 'route'),
      routingNames(sections).receivers,
      (path, message) => void found.push(source.problem([...base, 'route', ...path], message)),
    );
    found.push(
      ...danglingNames(source, resolved, sections, base, knownChannels, knownStrategies, addressing),
    );
  }
  // What follows from a missing reference is not a second problem.
  problems.push(...found.filter(({ path }) => !missing.has(path)));

  let config: TocsinConfig | null = null;
  if (parsed.success) {
    const complain = (path: Path, message: string) => void problems.push(source.problem(path, message));
    const placeOf = (path: Path) => ({ file, line: source.problem(path, '').line });
    const now = options.now ?? Date.now();
    const told = { complain, placeOf, now, addressing };
    config = assemble(parsed.data, dirname(file), outside, channels, told);
  }
  if (config === null || problems.length > 0) {
    return { problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
  }
  return { config, file };
}

interface Outside {
  readonly address: Address | null;
  /** PORT alone changes only the port. */
  readonly port: number | null;
  readonly data: string | null;
  readonly rules: readonly string[] | null;
  readonly mock: boolean;
}

function fromOutside({ env, flags, cwd }: LoadOptions, problems: Problem[]): Outside {
  const address = (file: string, path: string, value: string | undefined): Address | null => {
    if (value === undefined || value === '') return null;
    const parsed = parseAddress(value);
    if (parsed === null) {
      problems.push({ file, line: 1, column: 1, path, message: 'expected host:port, e.g. 127.0.0.1:8787' });
    }
    return parsed;
  };
  const flag = address('command line', '--listen', flags.listen);
  const variable = address('environment', 'TOCSIN_LISTEN', env.TOCSIN_LISTEN);
  const port = portOf(env.PORT);
  if (Number.isNaN(port)) {
    const message = 'expected a port number from 0 to 65535';
    problems.push({ file: 'environment', line: 1, column: 1, path: 'PORT', message });
  }
  const data = flags.data || env.TOCSIN_DATA || null;
  return {
    address: flag ?? variable,
    port,
    data: data === null ? null : resolve(cwd, data),
    rules: flags.rules === undefined ? null : flags.rules.map((path) => resolve(cwd, path)),
    mock: flags.mock ?? false,
  };
}

/** Null when there is none, NaN when it is no port. */
function portOf(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65_535 ? port : Number.NaN;
}

/** The file that a configuration is read from. */
interface Written {
  complain(path: Path, message: string): void;
  placeOf(path: Path): WrittenAt;
  readonly now: number;
  readonly addressing: Addressing;
}

function assemble(
  input: ConfigInput,
  folder: string,
  outside: Outside,
  channels: Map<string, ChannelConfig>,
  written: Written | null,
): TocsinConfig {
  const listen = input.listen ?? defaultListen;
  const rules = (typeof input.rules === 'string' ? [input.rules] : input.rules)?.map((path) =>
    resolve(folder, path),
  );
  const ownRules = resolve(folder, 'rules');
  const withoutFile = written === null;
  return {
    listen: outside.address ?? { ...listen, port: outside.port ?? listen.port },
    publicUrl: input.public_url ?? null,
    secretsKeys: secretsKeysOf(input.secrets_key),
    links: linksOf(input.links),
    data: outside.data ?? resolve(folder, input.data ?? './data'),
    ballastBytes: input.ballast ?? defaultBallastBytes,
    rules: outside.rules ?? rules ?? (existsSync(ownRules) ? [ownRules] : []),
    collector: {
      host: input.collector?.host ?? withoutFile,
      intervalMs: input.collector?.interval ?? defaultCollectorMs,
    },
    ...routingOf(input, channels, written),
    templates: templatesOf(input.templates, written),
    timeZone: input.time_zone ?? 'UTC',
    mock: outside.mock || (input.mock ?? false),
    strategies: strategiesOf(input.strategies),
    acknowledge: { expiresAfterMs: acknowledgeMsOf(input.acknowledge?.expires_after) },
    reports: reportsOf(input.reports ?? [], folder),
    classification: classificationOf(input.classify),
    heartbeats: heartbeatsOf(input.heartbeats, 'default'),
    topology: topologyOf(input.topology, 'default'),
    egress: egressOf(input.egress ?? {}),
    limits: limitsOf(input.limits ?? {}, input.silences?.max_duration),
    retention: retentionOf(input.retention ?? {}),
  };
}

function templatesOf(
  templates: ConfigInput['templates'],
  written: Written | null,
): TocsinConfig['templates'] {
  const place = (name: string) => (written === null ? {} : { place: written.placeOf(['templates', name]) });
  return new Map([...(templates ?? [])].map(([name, wording]) => [name, { ...wording, ...place(name) }]));
}

/** Channels, and who is told what: of all, and of tenants that have their own. What the file leaves out entirely has a plain default. */
function routingOf(
  input: ConfigInput,
  channels: Map<string, ChannelConfig>,
  written: Written | null,
): Pick<TocsinConfig, 'channels' | 'routing' | 'tenants'> {
  const complain = (path: Path, message: string) => written?.complain(path, message);
  if (input.channels === undefined && input.receivers === undefined) {
    const settings = builtIn.console.config.parse({});
    channels.set('console', { name: 'console', type: 'console', settings, fallback: [], limits: [] });
  }
  if (input.channels !== undefined && input.receivers === undefined && channels.size === 0) {
    complain(['channels'], 'expected at least one channel');
  }
  const placed = (name: string) => written?.addressing.channels.get(name)?.placed !== false;
  const everyone = [...channels.keys()].filter((name) => !name.includes('~') && placed(name));
  if (input.receivers === undefined && channels.size > 0 && everyone.length === 0)
    complain(['channels'], 'expected `receivers` that name people: none of the channels has a `to`');
  const remindBefore = input.silences?.remind_before ?? defaultRemindMs;
  const everybodys = {
    flapping: flappingOf(input.flapping ?? {}),
    remindBeforeMs: remindBefore === 0 ? null : remindBefore,
    timeZone: input.time_zone ?? 'UTC',
    digests: batchesOf(input.strategies, (name) => complain(['strategies', name, 'batch'], neverBatched)),
  };
  // What only tenants with a routing of their own name is theirs.
  const everybody = channelsNamed(input);
  const theirs = new Set(Object.values(input.tenants ?? {}).flatMap((own) => [...channelsNamed(own)]));
  const shared = new Set([...channels.keys()].filter((name) => everybody.has(name) || !theirs.has(name)));
  const routing = (own: RoutingInput, base: Path) => {
    const named = own.receivers ?? { default: { channels: everyone } };
    const placeOf = written === null ? null : (path: Path) => written.placeOf([...base, ...path]);
    const below = (path: Path, message: string) => complain([...base, ...path], message);
    const schedules = schedulesOf(own.schedules, {
      ...{ timeZone: input.time_zone ?? 'UTC', now: written?.now ?? 0 },
      complain: (path, message) => below(['schedules', ...path], message),
    });
    const everyChannel = own.receivers === undefined;
    const routing = {
      ...buildRouting(own, receiversOf(named), below, placeOf),
      ...{ schedules, ...(everyChannel && { everyChannel }) },
      ...(own.reach_test && { reachTest: reachTestOf(own.reach_test, input.time_zone ?? 'UTC') }),
    };
    if (written === null) return { ...routing, ...everybodys };
    const { addressing } = written;
    const usable = base.length === 0 ? shared : channelsNamed(own);
    const directory = directoryOf(own, { addressing, usable }, placeOf);
    return { ...routing, ...everybodys, directory };
  };
  const tenants = Object.entries(input.tenants ?? {});
  return {
    channels,
    routing: routing(input, []),
    tenants: new Map(tenants.map(([name, own]) => [name, routing(own, ['tenants', name])])),
  };
}

/** Channels that the receivers of these sections name. */
function channelsNamed({ receivers = {} }: RoutingInput): ReadonlySet<string> {
  return new Set(Object.values(receivers).flatMap(({ channels = [] }) => channels));
}

function flappingOf(input: NonNullable<ConfigInput['flapping']>): FlappingConfig | null {
  return input === false ? null : { count: input.count ?? 5, windowMs: input.window ?? 30 * 60_000 };
}

/** `null` in the file says for ever. */
function acknowledgeMsOf(written: number | null | undefined): number | null {
  return written === undefined ? defaultAcknowledgeMs : written;
}

function secretsKeysOf(written: ConfigInput['secrets_key']): TocsinConfig['secretsKeys'] {
  return written === undefined ? [] : Array.isArray(written) ? written : [written];
}

function reportsOf(input: NonNullable<ConfigInput['reports']>, folder: string): TocsinConfig['reports'] {
  return input.map((report) => ({
    name: report.name,
    tenant: report.tenant ?? 'default',
    schedule: report.schedule,
    zone: report.tz ?? 'UTC',
    periodMs: report.period ?? defaultPeriodMs,
    format: report.format ?? 'html',
    locale: report.locale ?? 'en',
    folder: resolve(folder, report.to),
  }));
}

function egressOf(input: NonNullable<ConfigInput['egress']>): TocsinConfig['egress'] {
  const { allow = [], proxy, proxy_username: username = null, proxy_password: password = null } = input;
  return { allow, proxy: proxy === undefined ? null : { ...proxy, username, password } };
}

function limitsOf(
  input: NonNullable<ConfigInput['limits']>,
  silenceMs: number | undefined,
): TocsinConfig['limits'] {
  const d = defaultLimits;
  return {
    seriesPerTenant: input.series_per_tenant ?? d.seriesPerTenant,
    labelsPerSeries: input.labels_per_series ?? d.labelsPerSeries,
    labelNameBytes: input.label_name_bytes ?? d.labelNameBytes,
    labelValueBytes: input.label_value_bytes ?? d.labelValueBytes,
    metricNameBytes: input.metric_name_bytes ?? d.metricNameBytes,
    samplesPerRequest: input.samples_per_request ?? d.samplesPerRequest,
    ingestBytes: input.ingest_bytes ?? d.ingestBytes,
    bodyBytes: input.body_bytes ?? d.bodyBytes,
    jsonDepth: input.json_depth ?? d.jsonDepth,
    queuePerTenant: input.queue_per_tenant ?? d.queuePerTenant,
    openDeliveriesPerTenant: input.open_deliveries_per_tenant ?? d.openDeliveriesPerTenant,
    deadLettersAlert: input.dead_letters_alert ?? d.deadLettersAlert,
    messagesPerMinute: input.messages_per_minute ?? d.messagesPerMinute,
    detectorBytes: input.detector_bytes ?? d.detectorBytes,
    silenceMs: silenceMs ?? d.silenceMs,
    pastMs: input.past ?? d.pastMs,
    futureMs: input.future ?? d.futureMs,
  };
}

function retentionOf(input: NonNullable<ConfigInput['retention']>): TocsinConfig['retention'] {
  const d = defaultRetention;
  return {
    schedule: input.schedule ?? null,
    samplesMs: input.samples ?? d.samplesMs,
    samplesBytes: input.samples_bytes ?? d.samplesBytes,
    eventShortMs: input.events_short ?? d.eventShortMs,
    eventHistoryMs: input.events ?? d.eventHistoryMs,
    eventAuditMs: input.audit ?? d.eventAuditMs,
    alertMs: input.alerts ?? d.alertMs,
    deliveryMs: input.deliveries ?? d.deliveryMs,
  };
}

/** Where it is said who is told what: at the top, and in each tenant's own section. */
function sectionsOf(value: unknown): { readonly base: Path; readonly sections: unknown }[] {
  const tenants = own(value, 'tenants');
  const named = isRecord(tenants) ? Object.entries(tenants) : [];
  return [
    { base: [], sections: value },
    ...named.map(([name, sections]) => ({ base: ['tenants', name], sections })),
  ];
}
