// API keys: a key's text is shown once, when it is made. Nobody can give away more than they have.
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import type { ApiKeyRow } from '../../store/rows.ts';
import { keyBody, toKeyBody } from '../bodies/key-body.ts';
import { durationIn, timeIn } from '../bodies/shapes.ts';
import { digestOf, mintKey } from '../key-format.ts';
import { adminKeyName } from '../keys.ts';
import { mayGrant, rights, roles } from '../rights.ts';
import { answer, type HttpDeps, route } from '../route.ts';
import { defaultTenant, tenantName } from '../tenancy.ts';
import { isUuid } from '../uuid.ts';

const keyIn = z
  .strictObject({
    name: z
      .string()
      .regex(/^[\p{L}\p{N}][\p{L}\p{N} _.@-]{0,63}$/u, 'expected 1 to 64 letters, digits, spaces or _ . @ -')
      .refine((name) => name !== adminKeyName, 'this name stands for the key of the environment'),
    role: z.enum(roles),
    tenant: z
      .union([tenantName, z.literal('*')])
      .optional()
      .meta({ description: 'Keys for all tenants (`*`) and for other tenants are the operator’s to make.' }),
    scopes: z.array(z.enum(rights)).max(rights.length).default([]).meta({
      description: 'Narrows the role to these rights; empty = all of them.',
    }),
    expires_at: timeIn.optional(),
  })
  .meta({ id: 'NewKey' });

const dayMs = 86_400_000;
const longestOverlapMs = 7 * dayMs;
const rotateIn = z.strictObject({
  overlap: z
    .union([z.literal(0), durationIn])
    .default(dayMs)
    .refine((ms) => ms <= longestOverlapMs, 'expected at most 7d')
    .meta({
      description: 'How long the old key still opens: `24h` unless given, at most `7d`, `0s` = not at all.',
    }),
  expires_at: timeIn.optional().meta({ description: 'Of the new key; the old one’s end unless given.' }),
});

const newKeyBody = keyBody.extend({ key: z.string().meta({ description: 'Shown this once.' }) });

/** A tenant's key sees its tenant's keys, a key for all tenants sees all. */
function visible(caller: ApiKeyRow): string | null {
  return caller.tenant === '*' ? null : caller.tenant;
}

/** The key of a path, if the caller may see it and could have made it; else `key_not_found`. */
function existing(deps: HttpDeps, caller: ApiKeyRow, id: string): ApiKeyRow {
  const found = isUuid(id) && deps.services.store.keys(visible(caller)).find((row) => row.id === id);
  if (!found || !mayGrant(caller.role, found.role)) throw new ApiError('key_not_found');
  return found;
}

/** Nobody gives away more than they have: a key with scopes gives scopes of its own. */
function checkScopes(caller: ApiKeyRow, scopes: readonly string[]): void {
  if (caller.scopes.length === 0) return;
  if (scopes.length > 0 && scopes.every((right) => caller.scopes.includes(right))) return;
  throw new ApiError('forbidden', { message: 'A key with scopes may only give scopes of its own.' });
}

function checkFuture(expiresAt: number | undefined, now: number): void {
  if (expiresAt === undefined || expiresAt > now) return;
  const problem = { path: 'expires_at', message: 'expected a time in the future' };
  throw new ApiError('invalid_body', { details: { problems: [problem] } });
}

export const keysRoutes = [
  route({
    method: 'get',
    path: '/api/v1/keys',
    requires: 'administer',
    scope: 'installation',
    tag: 'keys',
    summary: 'Keys, without their secrets.',
    answers: { 200: { description: 'Keys', schema: z.object({ items: z.array(keyBody) }) } },
    handler({ c, deps, key }) {
      return answer(c, 200, { items: deps.services.store.keys(visible(key!)).map(toKeyBody) });
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/keys',
    requires: 'administer',
    scope: 'installation',
    tag: 'keys',
    summary: 'Make a key; the answer is the only place that ever shows it.',
    body: keyIn,
    answers: { 201: { description: 'The new key', schema: newKeyBody } },
    handler({ c, deps, key, body, actor }) {
      const { services } = deps;
      const caller = key!;
      const now = services.now();
      if (!mayGrant(caller.role, body.role)) {
        throw new ApiError('forbidden', { message: 'A key may not make one with a greater role.' });
      }
      checkScopes(caller, body.scopes);
      if (caller.tenant !== '*' && body.tenant !== undefined && body.tenant !== caller.tenant) {
        throw new ApiError('forbidden', { message: 'This key belongs to another tenant.' });
      }
      checkFuture(body.expires_at, now);
      // An operator's key is for the installation; anything else made without a tenant is for the first one.
      const own = body.role === 'operator' ? '*' : caller.tenant === '*' ? defaultTenant : caller.tenant;
      const tenant = body.tenant ?? own;
      if (body.role === 'operator' && tenant !== '*') {
        const problem = { path: 'tenant', message: 'an operator key is for all tenants: expected "*"' };
        throw new ApiError('invalid_body', { details: { problems: [problem] } });
      }
      const row: ApiKeyRow = {
        id: services.newId(),
        tenant,
        name: body.name,
        role: body.role,
        scopes: body.scopes,
        createdAt: now,
        expiresAt: body.expires_at ?? null,
        revokedAt: null,
        lastUsedAt: null,
      };
      const text = mintKey(row.id);
      if (tenant !== '*') services.store.ensureTenant(tenant, now);
      services.store.addKey(row, digestOf(text).toString('hex'), actor.name, now);
      return answer(c, 201, { ...toKeyBody(row), key: text });
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/keys/{id}/rotate',
    requires: 'administer',
    scope: 'installation',
    tag: 'keys',
    summary: 'A new key in the place of an old one, which goes on opening for the overlap.',
    body: rotateIn,
    bodyOptional: true,
    answers: { 201: { description: 'The new key', schema: newKeyBody } },
    errors: ['key_not_found', 'owned_by_environment'],
    handler({ c, deps, key, body, actor, param }) {
      const { services, keyring } = deps;
      const old = existing(deps, key!, param('id'));
      const now = services.now();
      checkScopes(key!, old.scopes);
      if (old.name === adminKeyName) throw new ApiError('owned_by_environment');
      checkFuture(body.expires_at, now);
      const successor: ApiKeyRow = {
        ...old,
        id: services.newId(),
        createdAt: now,
        expiresAt: body.expires_at ?? old.expiresAt,
        lastUsedAt: null,
      };
      const text = mintKey(successor.id);
      const rotation = { successor, digest: digestOf(text).toString('hex'), oldUntil: now + body.overlap };
      if (!services.store.rotateKey(old.id, rotation, actor.name, now)) throw new ApiError('key_not_found');
      keyring.forget(old.id);
      return answer(c, 201, { ...toKeyBody(successor), key: text });
    },
  }),
  route({
    method: 'delete',
    path: '/api/v1/keys/{id}',
    requires: 'administer',
    scope: 'installation',
    tag: 'keys',
    summary: 'Revoke a key, at once.',
    answers: { 204: { description: 'Revoked' } },
    errors: ['key_not_found'],
    handler({ c, deps, key, actor, param }) {
      const { services, keyring } = deps;
      const { id } = existing(deps, key!, param('id'));
      if (!services.store.revokeKey(id, actor.name, services.now())) throw new ApiError('key_not_found');
      keyring.forget(id);
      return c.body(null, 204);
    },
  }),
];
