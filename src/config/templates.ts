// `templates:` of the file: users' own words for messages, compiled and tried when it is read.
import { z } from 'zod';
import { locales } from '../../channels/message.ts';
import { compileWording, type Wording, type WrittenTemplate } from '../delivery/message-template.ts';
import { name, text } from './scalars.ts';

const inLanguages = z
  .strictObject({ en: text.optional(), 'zh-TW': text.optional(), 'zh-CN': text.optional() })
  .refine((given) => locales.some((locale) => given[locale] !== undefined), 'expected at least one language');
const writtenText = z.union([text, inLanguages], {
  error: 'expected a text, or one for each language: { en: …, zh-TW: … }',
});

/** What a template is made of, also in the API. */
export const writtenTemplate = z
  .strictObject({
    title: writtenText.optional().describe('One line; without it the built-in title.'),
    text: writtenText.optional().describe('In the notation of the channel; without it the built-in text.'),
  })
  .refine(
    ({ title, text: of }) => title !== undefined || of !== undefined,
    'expected title or text, or both',
  );

const mostTemplates = 200;

/** The same, compiled; it has no name yet. */
export const compiledTemplate = writtenTemplate.transform((written, context): Wording => {
  const compiled = compileWording('', written as WrittenTemplate);
  if (!('problems' in compiled)) return compiled;
  for (const { path, message, line, column } of compiled.problems)
    context.addIssue({
      code: 'custom',
      path: [...path],
      message: `${message} (line ${line}, column ${column} of the template)`,
    });
  return z.NEVER;
});

export const templatesSchema = z
  .record(name, compiledTemplate)
  .refine(
    (given) => Object.keys(given).length <= mostTemplates,
    `expected at most ${mostTemplates} templates`,
  )
  .transform(
    (given): ReadonlyMap<string, Wording> =>
      new Map(Object.entries(given).map(([called, wording]) => [called, { ...wording, name: called }])),
  );
