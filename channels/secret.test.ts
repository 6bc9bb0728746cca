import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isSecretField, Secret, secret } from './secret.ts';

describe('secret', () => {
  const schema = z.strictObject({ key: secret(z.string().min(8)).optional(), name: z.string() });

  it('gives the value to the one who asks and to nobody else', () => {
    const { key } = schema.parse({ key: 'hunter2hunter2', name: 'n' });
    expect(key).toBeInstanceOf(Secret);
    expect(key?.reveal()).toBe('hunter2hunter2');
    for (const shown of [
      `${key}`,
      String(key),
      JSON.stringify({ key }),
      inspect({ key }),
      inspect(key, { showHidden: true }),
    ])
      expect(shown).not.toContain('hunter2');
    expect(JSON.stringify({ key })).toBe('{"key":"***"}');
  });

  it('does not show the value when it is refused', () => {
    const result = schema.safeParse({ key: 'hunter2', name: 'n' });
    expect(result.success).toBe(false);
    expect(result.error?.message).not.toContain('hunter2');
  });

  it('is marked in the schema and in the JSON schema', () => {
    expect(isSecretField(schema.shape.key)).toBe(true);
    expect(isSecretField(secret(z.string()))).toBe(true);
    expect(isSecretField(schema.shape.name)).toBe(false);
    const json = z.toJSONSchema(schema, { io: 'input' });
    expect(json.properties?.key).toMatchObject({ type: 'string', writeOnly: true });
    expect(json.properties?.name).not.toHaveProperty('writeOnly');
  });
});
