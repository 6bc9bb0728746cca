// Secrets in a document of the API. What is shown of a document has a mark in place of each, and a document that comes back
// with a mark means what was there before: nobody has to know a secret to change what stands beside it.
import { Secret } from '../../channels/secret.ts';
import type { DocumentProblem } from './api-rule.ts';
import { isRecord } from './plain.ts';
import { dotted, type Path } from './source.ts';

type Document = Readonly<Record<string, unknown>>;

/** Keys of a channel that name things, and never hold a secret. */
const open: ReadonlySet<string> = new Set(['name', 'type', 'enabled', 'fallback', 'template', 'locale']);
/** Settings that say where a secret is sent to. */
const ways: ReadonlySet<string> = new Set(['type', 'provider', 'host', 'port']);

/** Every secret in settings that a channel's schema has read. */
export function secretsIn(settings: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (value instanceof Secret) found.add(value.reveal());
    else if (Array.isArray(value)) value.forEach(look);
    else if (isRecord(value)) Object.values(value).forEach(look);
  };
  look(settings);
  return found;
}

/**
 * The document as people may see it: `{ secret: true }` for a secret, and with the host of an address that says more than
 * that, which often is one.
 */
export function shownDocument(document: Document, secrets: ReadonlySet<string>): Document {
  const found = new Set<string>();
  eachText(document, (text) => {
    if (secrets.has(text)) found.add(text);
  });
  // A schema that changed a secret while it read it: then nothing is shown that might be it.
  const all = found.size < secrets.size;
  return mapped(document, (text, path) => {
    if (open.has(String(path[0]))) return text;
    if (all || secrets.has(text)) return { secret: true };
    return shownAddress(text);
  }) as Document;
}

/** The address itself when it is nothing but a host. */
export function shownAddress(text: string): unknown {
  if (!isAddress(text)) return text;
  if (!URL.canParse(text)) return { secret: true };
  const { origin, pathname, search, hash, username } = new URL(text);
  const bare = pathname === '/' && search === '' && hash === '' && username === '';
  return bare ? text : { secret: true, address: origin };
}

/** The document with what was there before in place of each mark. */
export function withKept(
  document: Document,
  before: Document | null,
): { readonly document: Document } | { readonly problems: readonly DocumentProblem[] } {
  const problems: DocumentProblem[] = [];
  const keep = (value: unknown, known: unknown, path: Path): unknown => {
    if (isMark(value)) {
      if (typeof known === 'string') return known;
      const message = 'there is no secret here that could be kept: expected the value itself';
      problems.push({ path: dotted(path), message });
      return '';
    }
    if (Array.isArray(value)) {
      const list = Array.isArray(known) ? known : [];
      if (list.length !== value.length && value.some((item) => hasMark(item))) {
        const message = 'a list of another length: expected its secrets themselves';
        problems.push({ path: dotted(path), message });
        return value;
      }
      return value.map((item, i) => keep(item, list[i], [...path, i]));
    }
    if (!isRecord(value)) return value;
    const map = isRecord(known) ? known : {};
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        keep(item, Object.hasOwn(map, key) ? map[key] : undefined, [...path, key]),
      ]),
    );
  };
  const kept = keep(document, before ?? {}, []) as Document;
  return problems.length > 0 ? { problems } : { document: kept };
}

/** Secrets that would be kept and sent to where they did not go before. */
export function strayedSecrets(
  document: Document,
  before: Document,
  secrets: ReadonlySet<string>,
  secretsBefore: ReadonlySet<string>,
): DocumentProblem[] {
  const known = waysOf(before, secretsBefore);
  if ([...waysOf(document, secrets)].every((way) => known.has(way))) return [];
  const problems: DocumentProblem[] = [];
  eachText(document, (text, path) => {
    if (!secrets.has(text) || !secretsBefore.has(text) || open.has(String(path[0]))) return;
    const message = 'would go to another address than before: expected the secret itself, as a new one';
    problems.push({ path: dotted(path), message });
  });
  return problems;
}

/** References of files in a document, which are none there: nobody may read the environment through the API. */
export function referencesIn(document: Document): DocumentProblem[] {
  const problems: DocumentProblem[] = [];
  eachText(document, (text, path) => {
    if (/\$\{(env|file):/.test(text))
      problems.push({
        path: dotted(path),
        message: 'holds a reference, which stands for something in a file alone: expected the value itself',
      });
  });
  return problems;
}

function waysOf(document: Document, secrets: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  const look = (value: unknown, path: Path): void => {
    const key = String(path.at(-1));
    if (Array.isArray(value)) value.forEach((item, i) => void look(item, [...path, i]));
    else if (isRecord(value)) for (const [name, item] of Object.entries(value)) look(item, [...path, name]);
    else if (ways.has(key)) found.add(`${key} ${String(value)}`);
    else if (typeof value === 'string' && isAddress(value) && !secrets.has(value))
      found.add(URL.canParse(value) ? new URL(value).origin : value);
  };
  look(document, []);
  return found;
}

/** Also with the white space around it, or within, that whoever reads addresses passes over. */
function isAddress(text: string): boolean {
  if (/^\s*https?:\/\//i.test(text)) return true;
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isMark(value: unknown): boolean {
  return (
    isRecord(value) &&
    value.secret === true &&
    Object.keys(value).every((key) => /^(secret|address)$/.test(key))
  );
}

function hasMark(value: unknown): boolean {
  if (isMark(value)) return true;
  if (Array.isArray(value)) return value.some(hasMark);
  return isRecord(value) && Object.values(value).some(hasMark);
}

function eachText(value: unknown, visit: (text: string, path: Path) => void): void {
  mapped(value, (text, path) => {
    visit(text, path);
    return text;
  });
}

function mapped(value: unknown, change: (text: string, path: Path) => unknown, path: Path = []): unknown {
  if (typeof value === 'string') return change(value, path);
  if (Array.isArray(value)) return value.map((item, i) => mapped(item, change, [...path, i]));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapped(item, change, [...path, key])]),
  );
}
