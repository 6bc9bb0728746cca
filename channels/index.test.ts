import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { channels } from './index.ts';

describe('the registry', () => {
  it('names every channel by its kind', () => {
    for (const [name, definition] of Object.entries(channels)) expect(definition.kind).toBe(name);
  });

  it('can describe every configuration as a JSON schema, in which secrets are for writing only', () => {
    const schema = (kind: keyof typeof channels) =>
      JSON.stringify(z.toJSONSchema(channels[kind].config, { io: 'input' }));
    expect(schema('email')).toMatch(/"password":\{[^{}]*"writeOnly":true/);
    expect(schema('webhook').match(/"writeOnly":true/g)?.length).toBeGreaterThanOrEqual(2);
    expect(schema('console')).toContain('max_alerts');
  });
});
