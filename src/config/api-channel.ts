// A channel as it comes through the API: a document with the keys of a channel in the file, and `name`. The same schemas
// read it. What an answer shows beside them is taken along and means nothing, so that what was read can be put again.
import type { DocumentProblem } from './api-rule.ts';
import type { ChannelConfig } from './config.ts';
import { isRecord } from './plain.ts';
import { type ChannelKinds, type ChannelNames, readChannels } from './references-by-name.ts';
import { objectName } from './scalars.ts';
import { referencesIn, secretsIn } from './secret-places.ts';
import { dotted, type Path, type Source } from './source.ts';

type Document = Readonly<Record<string, unknown>>;

/** Bounds on channels of the API, per tenant. */
export const channelLimits = {
  /** Of a document, and of what patches make of it, in bytes of JSON. */
  documentBytes: 64 * 1024,
  channels: 200,
} as const;

export interface ReadChannel {
  readonly name: string;
  /** One for each provider; none where it is switched off. */
  readonly configs: readonly ChannelConfig[];
  /** Also of what is switched off. */
  readonly secrets: ReadonlySet<string>;
}

/**
 * Reads a document without what only answers have.
 * @param known Names that it may use; null: whatever it names is taken for granted, as of one that was stored.
 */
export function readApiChannel(
  document: Document,
  kinds: ChannelKinds,
  known: ChannelNames | null,
): ReadChannel | { readonly problems: readonly DocumentProblem[] } {
  const { name, ...written } = document;
  const problems = referencesIn(document);
  if (typeof name !== 'string' || !objectName.test(name))
    problems.push({ path: 'name', message: 'expected a name of letters, digits, "_", "-", "."' });
  const { type } = written;
  if (typeof type !== 'string' || !Object.hasOwn(kinds, type))
    problems.push({ path: 'type', message: `expected one of ${Object.keys(kinds).join(', ')}` });
  if (problems.length > 0) return { problems };
  const called = name as string;
  const names = known ?? namesOf(written);
  // What is switched off has to be right as well, and its secrets are known by it.
  const all = read(called, switchedOn(written), kinds, names);
  if (all.problems.length > 0) return all;
  const { configs, problems: ofWritten } = read(called, written, kinds, names);
  // Which says only that each of its providers is switched off.
  if (ofWritten.length > 0 && written.enabled !== false) return { problems: ofWritten };
  const off = ofWritten.length > 0 || written.enabled === false;
  return {
    name: called,
    configs: off ? [] : configs,
    secrets: secretsIn(all.configs.map((one) => one.settings)),
  };
}

function read(
  name: string,
  written: Document,
  kinds: ChannelKinds,
  names: ChannelNames,
): { readonly configs: readonly ChannelConfig[]; readonly problems: readonly DocumentProblem[] } {
  const value = { channels: { [name]: written } };
  const resolved = { value, written: new Map<string, string>(), missing: [] };
  const { channels, problems } = readChannels(sourceOf(value), resolved, kinds, names);
  return {
    configs: [...channels.values()].map(({ place: _, ...config }) => config),
    problems: problems.map(({ path, message }) => ({ path, message })),
  };
}

/** Problems with paths below the channel. */
function sourceOf(value: unknown): Source {
  const problem = (path: Path, message: string) => ({
    ...{ file: '', line: 0, column: 0, path: dotted(path.slice(2)), message },
  });
  return { value, problem, keyProblem: problem };
}

function switchedOn({ enabled, providers, ...rest }: Document): Document {
  if (enabled !== undefined && typeof enabled !== 'boolean') return { ...rest, enabled, providers };
  if (!Array.isArray(providers)) return providers === undefined ? rest : { ...rest, providers };
  return {
    ...rest,
    providers: providers.map((provider: unknown) => {
      if (!isRecord(provider) || typeof provider.enabled !== 'boolean') return provider;
      const { enabled: _, ...settings } = provider;
      return settings;
    }),
  };
}

function namesOf({ fallback, template }: Document): ChannelNames {
  return {
    channels: Array.isArray(fallback) ? fallback.filter((one) => typeof one === 'string') : [],
    templates: typeof template === 'string' ? [template] : [],
  };
}
