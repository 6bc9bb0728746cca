// The body that Apprise posts to json:// addresses. Keys that its address adds (`?:service=pay`) become labels.
import { cut } from '../../channels/cut.ts';
import { isForbiddenName, labelSet } from '../../rules/labels.ts';
import { parseCategory, parseSeverity } from '../../rules/severity.ts';
import type { Severity } from '../../rules/types.ts';
import { utf8Length } from '../../rules/utf8.ts';
import type { IncomingEvent } from '../services.ts';
import type { AlertLimits } from './alertmanager-payload.ts';

const severityOfType: Readonly<Record<string, Severity>> = {
  info: 'info',
  success: 'info',
  warning: 'warning',
  failure: 'high',
};
const known = new Set(['version', 'title', 'message', 'type', 'attachments', 'severity', 'category']);
const longestMessage = 8_192;

/** The event, or what is wrong with the body. */
export function decodeApprise(
  body: Readonly<Record<string, unknown>>,
  limits: AlertLimits,
): IncomingEvent | string {
  const title = text(body.title);
  const message = text(body.message);
  const whole = [title, message].filter((part) => part !== '').join(': ');
  if (whole === '') return 'message: expected a text that is not empty';
  const type = text(body.type).toLowerCase();
  const labels: [string, string][] = type === '' ? [] : [['notify_type', type]];
  for (const [name, value] of Object.entries(body)) {
    if (known.has(name) || typeof value !== 'string') continue;
    if (name === '' || isForbiddenName(name) || utf8Length(name) > limits.labelNameBytes)
      return 'a key that is not allowed as the name of a label';
    if (utf8Length(value) > limits.labelValueBytes)
      return `${name}: expected at most ${limits.labelValueBytes} bytes`;
    labels.push([name, value]);
  }
  if (labels.length > limits.labelsPerSeries) return `expected at most ${limits.labelsPerSeries} labels`;
  const severity = parseSeverity(text(body.severity)) ?? severityOfType[type];
  const category = parseCategory(text(body.category));
  return {
    ...{ type: 'apprise', source: 'apprise', labels: labelSet(labels), recipients: [] },
    message: cut(whole, longestMessage),
    ...(severity !== undefined && { severity }),
    ...(category !== undefined && { category }),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
