// Every target there is. A new one: a file beside this one, and a line here.
import type { Target } from '../target.ts';
import { admission } from './admission.ts';
import { configFile } from './config-file.ts';
import { cursors } from './cursors.ts';
import { email } from './email.ts';
import { eventBody } from './event-body.ts';
import { credentials, headerWords, idempotencyKeys, retryAfter } from './header-values.ts';
import { http } from './http.ts';
import { inboundBodies } from './inbound-bodies.ts';
import { gzip } from './inflate.ts';
import { ingestBodies } from './ingest-bodies.ts';
import { jsonDepth } from './json-depth.ts';
import { linkTokens } from './links.ts';
import { equalPatterns, matchers, patterns } from './matchers.ts';
import { ruleFile } from './rule-file.ts';
import { addresses, durations, percentiles, sizes } from './scalars.ts';
import { snsCallbacks } from './sns-callbacks.ts';
import { templates } from './templates.ts';
import { webhook } from './webhook.ts';

export const targets: readonly Target[] = [
  ...ingestBodies,
  admission,
  eventBody,
  ...inboundBodies,
  gzip,
  jsonDepth,
  ruleFile,
  configFile,
  matchers,
  patterns,
  equalPatterns,
  templates,
  webhook,
  email,
  durations,
  sizes,
  addresses,
  percentiles,
  cursors,
  linkTokens,
  ...snsCallbacks,
  retryAfter,
  idempotencyKeys,
  credentials,
  headerWords,
  http,
];
