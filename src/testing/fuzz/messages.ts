// Alert messages whose every text may want to be something else, as the channels are given them.
import fc from 'fast-check';
import { type AlertMessage, locales, type MessageAlert, notifyReasons } from '../../../channels/message.ts';
import { labelSet } from '../../../rules/labels.ts';
import { categories, priorities, severities } from '../../../rules/types.ts';
import { utf8Prefix } from '../../../rules/utf8.ts';
import type { Random } from './case-random.ts';
import { anyText, generated, hostileText, labelEntries } from './generated.ts';
import { inputOf, jsonOf } from './target.ts';

/** Bytes of a rendered annotation. */
const longestText = 32 * 1024;

const status = fc.constantFrom('firing', 'resolved');
const alert = fc.record({
  kind: fc.constantFrom('alert', 'alert', 'event'),
  status,
  labels: labelEntries,
  annotations: fc.array(
    fc.tuple(
      fc.constantFrom('summary', 'description', 'runbook_url', 'message', '__proto__'),
      hostileText,
      // How often the text is there, up to the bound of annotations.
      fc.integer({ min: 0, max: 100 }).map((n) => (n === 0 ? 20_000 : n < 5 ? 7 : 1)),
    ),
    { maxLength: 4 },
  ),
  severity: fc.constantFrom(...severities),
  priority: fc.constantFrom(...priorities),
  category: fc.constantFrom(...categories),
  value: fc.oneof(fc.constantFrom(null, 0, 91.25, 1e300, 5e-324, -1e-9), fc.double({ noNaN: true })),
});
const message = fc.record({
  reason: fc.constantFrom(...notifyReasons),
  status,
  receiver: anyText,
  groupKey: hostileText,
  groupLabels: labelEntries,
  alerts: fc.array(alert, { maxLength: 4 }),
  /** How often the alerts are there. */
  times: fc.integer({ min: 0, max: 60 }).map((n) => (n === 0 ? 40 : n < 4 ? 2 : 1)),
  truncated: fc.constantFrom(0, 0, 1, 100_000),
  severity: fc.constantFrom(...severities),
  priority: fc.constantFrom(...priorities),
  locale: fc.constantFrom(...locales),
});
type Spec = typeof message extends fc.Arbitrary<infer T> ? T : never;

/** The input of a case about one message. */
export function messageInput(random: Random): Uint8Array {
  return inputOf(generated(random, message));
}

/** The message of an input. */
export function messageOf(input: Uint8Array): AlertMessage {
  const spec = jsonOf<Spec>(input);
  const alerts = Array.from({ length: spec.times }, () => spec.alerts)
    .flat()
    .map((given, i): MessageAlert => {
      return {
        ...given,
        id: `0190a1b2-c3d4-7e5f-8a6b-${String(i).padStart(12, '0')}`,
        kind: given.kind as MessageAlert['kind'],
        status: given.status as MessageAlert['status'],
        fingerprint: String(i).padStart(16, '0'),
        labels: labelSet(given.labels),
        annotations: Object.fromEntries(
          given.annotations.map(([name, text, times]) => [name, repeated(text, times)]),
        ),
        value: Number.isFinite(given.value ?? 0) ? given.value : null,
        startsAt: 1_700_000_000_000 + i,
        endsAt: given.status === 'resolved' ? 1_700_000_600_000 : null,
      };
    });
  return {
    ...spec,
    id: '0190a1b2-c3d4-7e5f-8a6b-999999999999',
    tenant: 'default',
    status: spec.status as AlertMessage['status'],
    groupLabels: labelSet(spec.groupLabels),
    alerts,
    changed: alerts.map(({ id }) => id),
    at: 1_700_000_000_000,
  };
}

function repeated(text: string, times: number): string {
  if (times === 1 || text === '') return text;
  return utf8Prefix(text.repeat(Math.min(times, Math.ceil(longestText / text.length))), longestText);
}

/** Every text of a value, names included. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, own]) => [name, ...textsOf(own)]);
}
