// Every error that the HTTP API can answer, in one table: stable code, status, English message. Clients match on the code.

const table = {
  bad_request: [400, 'The request is not understood.'],
  invalid_json: [400, 'The body is not valid JSON.'],
  invalid_body: [400, 'The body does not have the expected shape.'],
  invalid_query: [400, 'A query parameter is not what was expected.'],
  invalid_cursor: [400, 'The cursor is not one of ours.'],
  too_deep: [400, 'The JSON is nested too deeply.'],
  unauthenticated: [401, 'A valid API key is required.'],
  forbidden: [403, 'This key may not do that.'],
  tenant_required: [400, 'Name the tenant with X-Tenant-ID.'],
  not_found: [404, 'There is nothing here.'],
  alert_not_found: [404, 'No alert with this id.'],
  rule_not_found: [404, 'No rule with this name or id.'],
  route_not_found: [404, 'No route with this name or id.'],
  schedule_not_found: [404, 'No on-call schedule with this name or id.'],
  escalation_not_found: [404, 'No escalation policy with this name or id.'],
  override_not_found: [404, 'No override with this id.'],
  person_not_found: [404, 'No recipient with this name or id.'],
  team_not_found: [404, 'No group with this name or id.'],
  heartbeat_not_found: [404, 'No heartbeat with this name is expected; see `heartbeats` in tocsin.yaml.'],
  digest_not_found: [404, 'Nothing is collected for a receiver with this name.'],
  notification_not_found: [404, 'No notification with this id.'],
  recipient_not_found: [404, 'This notification went to no such recipient.'],
  delivery_not_found: [404, 'No delivery with this id.'],
  channel_not_found: [404, 'No channel with this name.'],
  template_not_found: [404, 'No template with this name or id.'],
  silence_not_found: [404, 'No silence with this id.'],
  incident_not_found: [404, 'No incident with this id.'],
  key_not_found: [404, 'No key with this id.'],
  method_not_allowed: [405, 'This path does not take that method.'],
  request_timeout: [408, 'The request took too long to arrive.'],
  alert_resolved: [409, 'The alert is resolved already.'],
  incident_open: [409, 'The incident is open.'],
  incident_closed: [409, 'The incident is closed.'],
  incident_merged: [409, 'The incident is part of another one now; see `merged_into`.'],
  incident_same: [409, 'An incident cannot become part of itself.'],
  incident_split_all: [409, 'These are all alerts of the incident: nothing would be left of it.'],
  alert_not_in_incident: [409, 'The alert is not in this incident.'],
  too_many_splits: [409, 'So many alerts were taken out of this incident that no more can be remembered.'],
  delivery_not_dead: [409, 'The delivery is not a dead letter.'],
  delivery_superseded: [409, 'What the message says is no longer so; discard it.'],
  idempotency_conflict: [409, 'The same Idempotency-Key was used with another body.'],
  owned_by_environment: [
    409,
    'The environment of the process owns this key (TOCSIN_ADMIN_KEY); change it there.',
  ],
  owned_by_file: [409, 'A file owns this object; change it there.'],
  channel_cannot_verify: [409, 'This kind of channel cannot ask its provider; send a test.'],
  rule_name_taken: [409, 'Another rule has this name.'],
  rule_in_use: [409, 'Other rules name this one; change them first.'],
  no_such_suggestion: [409, 'No such suggestion was made for this rule; ask for its suggestions first.'],
  suggestion_overtaken: [
    409,
    'The rule, or what people did about its alerts, has changed since; ask for its suggestions again.',
  ],
  too_many_rules: [409, 'The tenant has as many rules as there may be.'],
  route_name_taken: [409, 'Another route has this name.'],
  too_many_routes: [409, 'The tenant has as many routes as there may be.'],
  channel_name_taken: [409, 'Another channel has this name.'],
  channel_in_use: [409, 'Other things name this channel; change them first.'],
  too_many_channels: [409, 'The tenant has as many channels as there may be.'],
  secrets_key_missing: [409, 'There is no key to keep the secrets of channels with; see `secrets_key`.'],
  template_name_taken: [409, 'Another template has this name.'],
  template_in_use: [409, 'Channels name this template; change them first.'],
  too_many_templates: [409, 'The tenant has as many templates as there may be.'],
  schedule_name_taken: [409, 'Another on-call schedule has this name.'],
  schedule_in_use: [409, 'Others name this on-call schedule; change them first.'],
  too_many_schedules: [409, 'The tenant has as many on-call schedules as there may be.'],
  escalation_name_taken: [409, 'Another escalation policy has this name.'],
  escalation_in_use: [409, 'Routes name this escalation policy; change them first.'],
  too_many_escalations: [409, 'The tenant has as many escalation policies as there may be.'],
  too_many_overrides: [409, 'The tenant has as many overrides of schedules as there may be.'],
  too_many_calendars: [409, 'The tenant has as many calendar links as there may be; revoke one.'],
  person_name_taken: [409, 'Another recipient has this name.'],
  person_in_use: [409, 'Others name this recipient; change them first.'],
  too_many_people: [409, 'The tenant has as many recipients as there may be.'],
  team_name_taken: [409, 'Another group has this name.'],
  team_in_use: [409, 'Others name this group; change them first.'],
  too_many_teams: [409, 'The tenant has as many groups as there may be.'],
  nobody_to_reach: [409, 'These targets stand for nobody.'],
  silence_over: [409, 'The silence is over; make another one.'],
  too_many_silences: [409, 'The tenant has as many silences as there may be.'],
  precondition_failed: [412, 'It has changed since it was read; read it again.'],
  payload_too_large: [413, 'The body is too large.'],
  unsupported_media_type: [415, 'The content type or encoding is not supported.'],
  headers_too_large: [431, 'The request headers are too large.'],
  too_many_attempts: [429, 'Too many keys that do not open; wait, then use one that does.'],
  overloaded: [429, 'This tenant sends faster than it is served; slow down and retry.'],
  query_too_large: [422, 'The query reads too many samples; ask for a shorter span or fewer series.'],
  internal: [500, 'Something went wrong here.'],
  unavailable: [503, 'The change could not be stored; retry.'],
  query_timeout: [503, 'The query took too long; ask for a shorter span or fewer series.'],
  starting: [503, 'Not ready yet.'],
} as const satisfies Record<string, readonly [number, string]>;

export type ErrorCode = keyof typeof table;
export const errorCodes = Object.keys(table) as ErrorCode[];

/** An expected failure on its way to a client. Anything else that is thrown is a bug and answers 500 `internal`. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  /** Seconds, for Retry-After. */
  readonly retryAfter: number | undefined;
  constructor(
    code: ErrorCode,
    options: {
      message?: string;
      details?: Record<string, unknown>;
      retryAfter?: number;
      cause?: unknown;
    } = {},
  ) {
    super(
      options.message ?? table[code][1],
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'ApiError';
    this.code = code;
    this.details = options.details;
    this.retryAfter = options.retryAfter;
  }
  get status(): number {
    return table[this.code][0];
  }
}
