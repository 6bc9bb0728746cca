// `tocsin schema`: what editors need to complete and check rule files.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ruleFileJsonSchema } from '../../rules/index.ts';
import type { SchemaFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';

/** The schema as it stands in a file, but for the line break at its end. */
export function ruleSchemaText(): string {
  return JSON.stringify(ruleFileJsonSchema(), null, 2);
}

export function schemaCommand(host: CliHost, { out }: SchemaFlags): number {
  if (out === undefined) {
    host.out(ruleSchemaText());
    return exitCodes.ok;
  }
  const file = resolve(host.cwd, out);
  try {
    writeFileSync(file, `${ruleSchemaText()}\n`);
  } catch (error) {
    host.err(`the schema could not be written: ${error instanceof Error ? error.message : String(error)}`);
    return exitCodes.failed;
  }
  host.out(`written: ${file}`);
  return exitCodes.ok;
}
