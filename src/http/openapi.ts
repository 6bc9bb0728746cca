// OpenAPI 3.1 from the table of routes and their schemas.
import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { ApiError, type ErrorCode, errorCodes } from '../errors.ts';
import type { Route } from './route.ts';

const errorBody = z.object({
  error: z.object({
    code: z.enum(errorCodes as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});

type RouteConfig = Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0];
type Answers = RouteConfig['responses'];

/** The document for some routes. */
export function describe(routes: readonly Route[]): object {
  const api = new OpenAPIHono();
  const registry = api.openAPIRegistry;
  const error = registry.register('Error', errorBody);
  registry.registerComponent('securitySchemes', 'key', { type: 'apiKey', in: 'header', name: 'X-API-Key' });
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'basic', {
    type: 'http',
    scheme: 'basic',
    description: 'Any user name; the key is the password.',
  });
  for (const route of routes) {
    const headers = headersOf(route);
    registry.registerPath({
      method: route.method,
      path: route.path,
      tags: [route.tag],
      summary: route.summary,
      description: route.requires === 'anonymous' ? 'Open to everybody.' : `Requires \`${route.requires}\`.`,
      security: route.requires === 'anonymous' ? [] : [{ key: [] }, { bearer: [] }, { basic: [] }],
      request: {
        ...(paramsOf(route.path) !== null && { params: paramsOf(route.path)! }),
        ...(route.query instanceof z.ZodObject && { query: route.query }),
        ...(headers !== null && { headers }),
        ...bodyOf(route),
      },
      responses: { ...answersOf(route), ...errorsOf(route, error) },
    });
  }
  return api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Tocsin',
      version: '1',
      description:
        'Metrics and events in, grouped and delivered alerts out. The API under /api/v1 only ever grows.',
    },
  });
}

function paramsOf(path: string): z.ZodObject | null {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  if (names.length === 0) return null;
  return z.object(
    Object.fromEntries(
      names.map((name) => [name, name === 'id' && !/\/(rules|routes)\//.test(path) ? z.uuid() : z.string()]),
    ),
  );
}

function headersOf(route: Route): z.ZodObject | null {
  const tenant =
    route.requires === 'anonymous' || route.scope === 'installation'
      ? {}
      : { 'X-Tenant-ID': z.string().optional().meta({ description: 'For keys of all tenants.' }) };
  const idempotency = route.idempotent
    ? {
        'Idempotency-Key': z.string().max(255).optional().meta({
          description: 'The same key and body within 24 h give the same answer; another body gives 409.',
        }),
      }
    : {};
  const conditional = route.conditional
    ? {
        'If-Match': z.string().optional().meta({
          description: 'The ETag that was read: 412 when it has changed since.',
        }),
      }
    : {};
  const headers = { ...tenant, ...idempotency, ...conditional };
  return Object.keys(headers).length === 0 ? null : z.object(headers);
}

function bodyOf(route: Route) {
  if (route.body !== undefined) {
    const content = { 'application/json': { schema: route.describedBody ?? route.body } };
    return { body: { content, required: route.bodyOptional !== true } };
  }
  if (route.rawBody === undefined) return {};
  const content = Object.entries(route.rawBody).map(([type, example]) => [
    type,
    { schema: z.string(), example: type === 'application/json' ? JSON.parse(example) : example },
  ]);
  return { body: { content: Object.fromEntries(content), required: true } };
}

function answersOf(route: Route): Answers {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, { description, schema }]) => [
      status,
      schema === undefined ? { description } : { description, content: { 'application/json': { schema } } },
    ]),
  );
}

function errorsOf(route: Route, error: z.ZodType): Answers {
  const codes = new Set<ErrorCode>(route.errors);
  if (route.requires !== 'anonymous') {
    codes.add('unauthenticated');
    codes.add('too_many_attempts');
    if (route.requires !== 'authenticated') codes.add('forbidden');
    if (route.scope !== 'installation') codes.add('tenant_required');
    codes.add('unavailable');
  }
  if (route.query !== undefined) codes.add('invalid_query');
  if (route.body !== undefined) {
    for (const code of ['invalid_json', 'invalid_body', 'too_deep'] as const) codes.add(code);
    for (const code of ['payload_too_large', 'unsupported_media_type'] as const) codes.add(code);
  }
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = new ApiError(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .sort()
      .map(([status, of]) => [
        status,
        { description: of.join(', '), content: { 'application/json': { schema: error } } },
      ]),
  );
}
