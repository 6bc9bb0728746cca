// Secrets in a channel's configuration. A value goes in as a string and comes out as a Secret, which shows itself to
// nobody by accident: string conversion, JSON and console output all give "***".
import { z } from 'zod';

const inspect = Symbol.for('nodejs.util.inspect.custom');
const mask = '***';

export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  /** The value itself, for the one line that puts it on the wire. */
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return mask;
  }
  toJSON(): string {
    return mask;
  }
  [inspect](): string {
    return mask;
  }
}

/** Marks a string of a channel's configuration as secret. In the JSON schema (`io: 'input'`) it is `writeOnly`. */
export function secret<Schema extends z.ZodType<string, string>>(schema: Schema) {
  return schema.transform((value) => new Secret(value)).meta({ writeOnly: true, format: 'password' });
}

/** True when the field was built with `secret()`, also behind optional, nullable or a default. */
export function isSecretField(schema: z.ZodType): boolean {
  if (schema.meta()?.writeOnly === true) return true;
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly
  ) {
    const inner = schema.unwrap();
    return inner instanceof z.ZodType && isSecretField(inner);
  }
  return false;
}
