// Every route of the table × every role, on one stage: what a call leaves behind changes nobody's rights.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpStage, type Stage } from '../testing/http-stage.ts';
import { may, type Right, roles } from './rights.ts';
import { allRoutes } from './routes/index.ts';

let stage: Stage;
beforeAll(() => {
  stage = httpStage();
});
afterAll(() => stage.close());

describe('the table of routes', () => {
  const table = allRoutes().filter(({ requires }) => requires !== 'anonymous');

  it.each(table)('lets the right roles use $method $path', async ({ method, path, requires, rawBody }) => {
    const url = path.replace('{id}', stage.newId()).replace('{name}', 'x');
    const body = method === 'post' ? (rawBody ? '[]' : {}) : undefined;
    for (const role of roles) {
      const reply = await stage.request(method.toUpperCase(), url, {
        as: role,
        ...(body !== undefined && { body }),
      });
      const right = requires === 'read_or_loopback' ? 'read' : requires;
      const allowed = right === 'authenticated' || may({ role, scopes: [] }, right as Right);
      expect(reply.status === 403, `${role}: ${reply.status} ${reply.text}`).toBe(!allowed);
      expect(reply.status).not.toBe(401);
      expect(reply.status).toBeLessThan(500);
    }
    const nobody = await stage.request(method.toUpperCase(), url, body === undefined ? {} : { body });
    expect(nobody.status).toBe(401);
    expect(nobody.headers.get('www-authenticate')).toBe('Bearer realm="tocsin"');
  });
});
