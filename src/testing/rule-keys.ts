// The key lists of the rule reference, made from the schema that reads the rules.
import type { z } from 'zod';
import {
  conditionShape,
  defaultsShape,
  fileShape,
  ruleConditionShape,
  ruleShapes,
} from '../../rules/schema.ts';

type Shape = Readonly<Record<string, z.ZodType>>;

/** `docs/reference/rule-keys.md`. */
export function ruleKeys(): string {
  const sections = [
    section('A file', { ...fileShape }, 'Beside these: `rules` (required), a list of rules, and `defaults`.'),
    section('`defaults`', { ...defaultsShape }, 'For the rules of the file that do not say it themselves.'),
    ...Object.entries(ruleShapes).map(([type, shape]) => section(`A rule of type \`${type}\``, shape)),
    section('A condition over a metric', { ...conditionShape }),
    section(
      'A condition over another rule',
      { ...ruleConditionShape },
      'A condition may also be `{ all: [...] }`, `{ any: [...] }`, `{ not: ... }` or `{ at_least: n, of: [...] }`.',
    ),
  ];
  return `# Keys of rule files\n\nMade from the schema; \`tocsin schema\` prints that for editors. How rules are written is told in [the rules](../rules.md).\n\n${sections.join('\n\n')}\n`;
}

function section(title: string, shape: Shape, text = ''): string {
  const rows = Object.entries(shape).map(([key, type]) => `| \`${key}\` | ${type.description ?? ''} |`);
  const intro = text === '' ? '' : `${text}\n\n`;
  return `## ${title}\n\n${intro}| key | |\n| --- | --- |\n${rows.join('\n')}`;
}
