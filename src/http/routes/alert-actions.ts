// What people do with alerts: one by one, and many by matcher.
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import type { BulkOrder } from '../../services.ts';
import { existing } from '../alert-pages.ts';
import { alertBody } from '../bodies/alert-body.ts';
import { commentBody, toCommentBody } from '../bodies/comment-body.ts';
import { durationIn, matcherIn, pageOut, pageQuery, timeIn } from '../bodies/shapes.ts';
import { answer, passOn, type RouteDescription, route } from '../route.ts';

const name = z.string().trim().min(1).max(256);
const note = z.string().max(4_096).optional();
/** Bytes of a comment. */
const longestComment = 8_192;
const commentText = z
  .string()
  .refine((text) => text.trim() !== '', 'expected a text')
  .refine((text) => Buffer.byteLength(text) <= longestComment, `expected at most ${longestComment} bytes`);

/** Until when, as a time or a span from now. */
const untilFields = {
  until: timeIn.optional(),
  for: durationIn.optional().meta({ description: 'The same as a span, e.g. 30m.' }),
};
const onlyOne = (body: { readonly until?: unknown; readonly for?: unknown }) =>
  body.until === undefined || body.for === undefined;
const notBoth = { message: 'expected `until` or `for`, not both', path: ['for'] };

const acknowledgeFields = {
  owner: name.optional().meta({ description: 'Who takes it; whoever asks, unless it is said.' }),
  until: timeIn.nullable().optional().meta({
    description:
      'Repeats are held back until then; null: until the episode ends. Without it, as `acknowledge.expires_after` says.',
  }),
  for: untilFields.for,
};
const acknowledgeIn = z.strictObject({ ...acknowledgeFields, note }).refine(onlyOne, notBoth);
const snoozeIn = z
  .strictObject({ ...untilFields, note })
  .refine(onlyOne, notBoth)
  .refine((body) => body.until !== undefined || body.for !== undefined, {
    message: 'expected `until` or `for`',
    path: ['until'],
  });
const resolveIn = z.strictObject({ note });
const toField = name.nullable().meta({ description: "Whose it is; null: nobody's." });
const assignIn = z.strictObject({ to: toField, note });
const commentIn = z.strictObject({ text: commentText });

const bulkFields = {
  matchers: z.array(matcherIn).min(1, 'expected at least one matcher').max(64),
  states: z
    .array(z.enum(['pending', 'firing']))
    .min(1)
    .max(2)
    .default(['pending', 'firing']),
  limit: z.int().min(1).max(1_000).default(1_000).meta({ description: 'So many are changed at most.' }),
  dry_run: z.boolean().default(false).meta({ description: 'Change nothing, say what would be changed.' }),
};
const bulkIn = z
  .discriminatedUnion('action', [
    z.strictObject({ action: z.literal('acknowledge'), ...acknowledgeFields, note, ...bulkFields }),
    z.strictObject({ action: z.literal('unacknowledge'), ...bulkFields }),
    z.strictObject({ action: z.literal('resolve'), note, ...bulkFields }),
    z.strictObject({ action: z.literal('snooze'), ...untilFields, note, ...bulkFields }),
    z.strictObject({ action: z.literal('unsnooze'), ...bulkFields }),
    z.strictObject({ action: z.literal('assign'), to: toField, note, ...bulkFields }),
    z.strictObject({ action: z.literal('comment'), text: commentText, ...bulkFields }),
  ])
  .refine((body) => !('until' in body || 'for' in body) || onlyOne(body), notBoth);
const bulkBody = z.object({
  matched: z.int().meta({ description: 'Open alerts that match.' }),
  changed: z.int(),
  ids: z.array(z.uuid()).meta({ description: 'Those that were changed, with `dry_run` would be.' }),
  more: z.boolean().meta({ description: 'There were more to change than `limit`: ask again.' }),
  dry_run: z.boolean(),
});

interface Held {
  readonly until?: number | null | undefined;
  readonly for?: number | undefined;
}

/** The time that a body names, in the future. */
function untilOf(body: Held, now: number): number {
  const until = body.until ?? now + (body.for ?? 0);
  if (until > now) return until;
  const path = body.for === undefined ? 'until' : 'for';
  throw new ApiError('invalid_body', {
    details: { problems: [{ path, message: 'expected a time in the future' }] },
  });
}

/** Until when an acknowledgement holds; where the body does not say, as the configuration does. */
function heldUntil(
  body: Held,
  services: { now(): number; acknowledgedUntil(): number | null },
): number | null {
  if (body.until === null) return null;
  if (body.until === undefined && body.for === undefined) return services.acknowledgedUntil();
  return untilOf(body, services.now());
}

function actionOf(
  body: z.output<typeof bulkIn>,
  services: { now(): number; acknowledgedUntil(): number | null },
): BulkOrder['action'] {
  switch (body.action) {
    case 'acknowledge': {
      const { owner = null, note = null } = body;
      return { kind: 'acknowledge', until: heldUntil(body, services), owner, note };
    }
    case 'snooze':
      return { kind: 'snooze', until: untilOf(body, services.now()), note: body.note ?? null };
    case 'assign':
      return { kind: 'assign', to: body.to, note: body.note ?? null };
    case 'comment':
      return { kind: 'comment', text: body.text };
    case 'resolve':
      return { kind: 'resolve', note: body.note ?? null };
    case 'unacknowledge':
    case 'unsnooze':
      return { kind: body.action };
  }
}

/** What all of these have in common. */
const ofOpen = {
  requires: 'respond',
  tag: 'alerts',
  answers: { 200: { description: 'The alert as it is now', schema: alertBody } },
  errors: ['alert_not_found', 'alert_resolved', 'idempotency_conflict', 'overloaded'],
} as const satisfies Partial<RouteDescription>;

export const alertActionRoutes = [
  route({
    ...ofOpen,
    method: 'post',
    path: '/api/v1/alerts/bulk',
    summary: 'Does the same with every open alert that matches. Answered once all of it is durable.',
    body: bulkIn,
    idempotent: true,
    answers: { 200: { description: 'What was done', schema: bulkBody } },
    errors: ['idempotency_conflict', 'overloaded'],
    async handler({ c, deps, tenant, body, actor, idempotency }) {
      const order: BulkOrder = {
        action: actionOf(body, deps.services),
        matchers: body.matchers,
        states: body.states,
        limit: body.limit,
        dryRun: body.dry_run,
      };
      return passOn(c, await deps.services.respondToMany(tenant, order, actor, idempotency));
    },
  }),
  route({
    ...ofOpen,
    method: 'post',
    path: '/api/v1/alerts/{id}/acknowledge',
    summary: 'Somebody takes it: repeats are held back. Answered once it is durable.',
    body: acknowledgeIn,
    bodyOptional: true,
    idempotent: true,
    async handler({ c, deps, tenant, body, actor, idempotency, param }) {
      const { id } = existing(deps.services, tenant, param('id'));
      const { owner = null, note = null } = body;
      const command = { until: heldUntil(body, deps.services), note, owner };
      return passOn(c, await deps.services.acknowledge(tenant, id, command, actor, idempotency));
    },
  }),
  route({
    ...ofOpen,
    method: 'delete',
    path: '/api/v1/alerts/{id}/acknowledge',
    summary: 'Nobody has it any more: repeats come in their time again.',
    async handler({ c, deps, tenant, actor, param }) {
      const { id } = existing(deps.services, tenant, param('id'));
      return passOn(c, await deps.services.respond(tenant, id, { kind: 'unacknowledge' }, actor, null));
    },
  }),
  route({
    ...ofOpen,
    method: 'post',
    path: '/api/v1/alerts/{id}/snooze',
    summary: 'Nothing is said of it until then but that it resolved. Answered once it is durable.',
    body: snoozeIn,
    idempotent: true,
    async handler({ c, deps, tenant, body, actor, idempotency, param }) {
      const { id } = existing(deps.services, tenant, param('id'));
      const response = {
        kind: 'snooze' as const,
        until: untilOf(body, deps.services.now()),
        note: body.note ?? null,
      };
      return passOn(c, await deps.services.respond(tenant, id, response, actor, idempotency));
    },
  }),
  route({
    ...ofOpen,
    method: 'delete',
    path: '/api/v1/alerts/{id}/snooze',
    summary: 'What is due about it is said again.',
    async handler({ c, deps, tenant, actor, param }) {
      const { id } = existing(deps.services, tenant, param('id'));
      return passOn(c, await deps.services.respond(tenant, id, { kind: 'unsnooze' }, actor, null));
    },
  }),
  route({
    ...ofOpen,
    method: 'post',
    path: '/api/v1/alerts/{id}/assign',
    summary: 'Says whose it is; also of one that is over.',
    body: assignIn,
    idempotent: true,
    errors: ['alert_not_found', 'idempotency_conflict', 'overloaded'],
    async handler({ c, deps, tenant, body, actor, idempotency, param }) {
      const { id } = existing(deps.services, tenant, param('id'));
      const response = { kind: 'assign' as const, to: body.to, note: body.note ?? null };
      return passOn(c, await deps.services.respond(tenant, id, response, actor, idempotency));
    },
  }),
  route({
    ...ofOpen,
    method: 'post',
    path: '/api/v1/alerts/{id}/comments',
    summary: 'Says something about it; also of one that is over. It stays as long as the audit does.',
    body: commentIn,
    idempotent: true,
    answers: { 201: { description: 'The comment', schema: commentBody } },
    errors: ['alert_not_found', 'idempotency_conflict', 'overloaded'],
    async handler({ c, deps, tenant, body, actor, idempotency, param }) {
      const { id } = existing(deps.services, tenant, param('id'));
      const response = { kind: 'comment' as const, text: body.text };
      return passOn(c, await deps.services.respond(tenant, id, response, actor, idempotency));
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/alerts/{id}/comments',
    requires: 'read',
    tag: 'alerts',
    summary: 'What was said about it, newest first.',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page', schema: pageOut(commentBody) } },
    errors: ['alert_not_found', 'invalid_cursor'],
    handler({ c, deps, tenant, query, param }) {
      const { id } = existing(deps.services, tenant, param('id'));
      const subject = { kind: 'alert' as const, id, only: 'alert.commented' };
      const page = deps.services.store.events(tenant, subject, query.limit, query.cursor ?? null);
      return answer(c, 200, { items: page.items.map(toCommentBody), next: page.next });
    },
  }),
  route({
    ...ofOpen,
    method: 'post',
    path: '/api/v1/alerts/{id}/resolve',
    summary: 'Ends the episode by hand. Answered once it is durable.',
    body: resolveIn,
    bodyOptional: true,
    idempotent: true,
    async handler({ c, deps, tenant, body, actor, idempotency, param }) {
      const { id } = existing(deps.services, tenant, param('id'));
      const command = { note: body.note ?? null };
      return passOn(c, await deps.services.resolve(tenant, id, command, actor, idempotency));
    },
  }),
];
