// What a text without quotes means in YAML.
import { isScalar, type ScalarTag, Schema } from 'yaml';

/** The library's own tags say which plain texts are numbers, truth values and nothing. */
const coreTags = new Schema({ schema: 'core' }).tags.filter(
  (tag): tag is ScalarTag => tag.default === true && 'test' in tag,
);
/** What begins with anything else is text, and need not be looked at by the tags. */
const beginnings = new Set([...'+-.~0123456789nNtTfF'].map((one) => one.charCodeAt(0)));

const refused = (message: string): never => {
  throw new Error(message);
};

/** What a text of at least one letter is in YAML 1.2's core schema: a number, a truth value, null, or the text. */
export function coreScalar(source: string): unknown {
  if (!beginnings.has(source.charCodeAt(0))) return source;
  for (const tag of coreTags) {
    if (tag.test?.test(source) !== true) continue;
    const value = tag.resolve(source, refused, { intAsBigInt: false });
    return isScalar(value) ? value.value : value;
  }
  return source;
}
