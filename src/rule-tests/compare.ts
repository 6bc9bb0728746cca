// What was expected against what was got, as lines that a person compares: `-` was expected and is not there, `+` is
// there and was not expected.
import type { AlertMessage } from '../../channels/message.ts';
import { quoteGo } from '../../rules/go-string.ts';
import { labelSet } from '../../rules/labels.ts';
import { routingLabels } from '../pipeline/route.ts';
import { tryRoutes } from '../pipeline/route-trial.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { Check, ExpectedAlert, ExpectedMessage } from './rule-test.ts';

type Texts = Readonly<Record<string, string>>;

/** Lines of difference; none when all is as expected. */
export function differences(
  check: Check,
  alerts: readonly AlertRow[],
  messages: readonly AlertMessage[],
  routing: RoutingConfig,
  now: number,
): readonly string[] {
  const lines: string[] = [];
  if (check.alerts !== null) {
    const { missing, extra } = paired(check.alerts, alerts, (expected, alert) =>
      isAlert(expected, alert, routing),
    );
    for (const one of missing) lines.push(`- ${expectedText(one)}`);
    for (const one of extra) lines.push(`+ ${alertText(one, missing, routing)}`);
  }
  for (const { labels, receivers, muted } of check.routes ?? []) {
    const { matched } = tryRoutes(routing, labels, now);
    const got = receiversOf(matched);
    const isMuted = matched.every(({ muting }) => muting !== null);
    if (sameNames(receivers, got) && (muted ?? isMuted) === isMuted) continue;
    const text = (names: readonly string[], mute: boolean | undefined) =>
      `${shown(labels)} to ${names.join(', ') || 'nobody'}${mute === undefined ? '' : mute ? ', muted' : ', not muted'}`;
    lines.push(`- ${text(receivers, muted)}`, `+ ${text(got, muted === undefined ? undefined : isMuted)}`);
  }
  if (check.messages !== null) {
    const { missing, extra } = paired(check.messages, messages, isMessage);
    for (const { receiver, ...rest } of missing) lines.push(`- message to ${receiver}${fields(rest)}`);
    for (const { receiver, reason, status, alerts: all, truncated } of extra)
      lines.push(`+ message to ${receiver}${fields({ reason, status, alerts: all.length + truncated })}`);
  }
  return lines;
}

/** Each expectation takes one thing that meets it; those that meet fewest things choose first, so that order is nothing. */
function paired<E, G>(
  expected: readonly E[],
  got: readonly G[],
  meets: (expected: E, got: G) => boolean,
): { missing: E[]; extra: G[] } {
  const takenBy = new Map<G, E>();
  const place = (one: E, tried: Set<G>): boolean => {
    for (const thing of got) {
      if (tried.has(thing) || !meets(one, thing)) continue;
      tried.add(thing);
      const holder = takenBy.get(thing);
      if (holder === undefined || place(holder, tried)) {
        takenBy.set(thing, one);
        return true;
      }
    }
    return false;
  };
  const missing = expected.filter((one) => !place(one, new Set()));
  return { missing, extra: got.filter((thing) => !takenBy.has(thing)) };
}

function receiversOf(matched: readonly { readonly route: { readonly receiver: string } }[]): string[] {
  return [...new Set(matched.map(({ route }) => route.receiver))].sort();
}

function receiversOfAlert(alert: AlertRow, routing: RoutingConfig): string[] {
  return receiversOf(tryRoutes(routing, labelSet(routingLabels(alert)), 0).matched);
}

const sameNames = (a: readonly string[], b: readonly string[]) =>
  JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());

function isAlert(expected: ExpectedAlert, alert: AlertRow, routing: RoutingConfig): boolean {
  return (
    expected.rule === alert.rule &&
    expected.state === alert.state &&
    agrees(expected.labels, labelsOf(alert, expected), expected.exact) &&
    agrees(expected.annotations, alert.annotations, expected.exact) &&
    (expected.severity ?? alert.effectiveSeverity) === alert.effectiveSeverity &&
    (expected.priority ?? alert.priority) === alert.priority &&
    (expected.value === undefined || nearly(expected.value, alert.value)) &&
    (expected.receivers === undefined || sameNames(expected.receivers, receiversOfAlert(alert, routing)))
  );
}

/** Severity and name are fields of their own; in labels they are compared only when somebody names them there. */
function labelsOf(alert: AlertRow, { labels }: ExpectedAlert): Texts {
  return Object.fromEntries(
    Object.entries(alert.labels).filter(
      ([name]) => (name !== 'alertname' && name !== 'severity') || Object.hasOwn(labels, name),
    ),
  );
}

function agrees(expected: Texts, got: Texts, exact = false): boolean {
  const names = exact ? new Set([...Object.keys(expected), ...Object.keys(got)]) : Object.keys(expected);
  for (const name of names) if ((expected[name] ?? '') !== (got[name] ?? '')) return false;
  return true;
}

/** Equal but for what rounding does. */
function nearly(expected: number, got: number | null): boolean {
  return got !== null && Math.abs(expected - got) <= 1e-9 * Math.max(1, Math.abs(expected));
}

function isMessage(expected: ExpectedMessage, message: AlertMessage): boolean {
  return (
    expected.receiver === message.receiver &&
    (expected.reason ?? message.reason) === message.reason &&
    (expected.status ?? message.status) === message.status &&
    (expected.alerts === undefined || expected.alerts === message.alerts.length + message.truncated)
  );
}

function expectedText({ rule, state, labels, annotations, exact: _exact, ...rest }: ExpectedAlert): string {
  return `${rule} ${state} ${shown(labels)}${fields({ ...rest, ...(Object.keys(annotations).length > 0 && { annotations: shown(annotations) }) })}`;
}

function alertText(alert: AlertRow, missing: readonly ExpectedAlert[], routing: RoutingConfig): string {
  const { rule, state, annotations, value, priority, effectiveSeverity: severity } = alert;
  const { alertname: _name, severity: _severity, ...labels } = alert.labels;
  const asked = missing.some(
    (one) => one.rule === rule && (one.exact || Object.keys(one.annotations).length > 0),
  );
  const toWhom = missing.some((one) => one.rule === rule && one.receivers !== undefined);
  const receivers = toWhom ? receiversOfAlert(alert, routing).join(',') : undefined;
  return `${rule ?? ''} ${state} ${shown(labels)}${fields({ severity, priority, value, receivers, ...(asked && { annotations: shown(annotations) }) })}`;
}

function shown(texts: Texts): string {
  const pairs = Object.entries(texts).map(([name, text]) => `${name}=${quoteGo(text)}`);
  return `{${pairs.join(', ')}}`;
}

function fields(named: Readonly<Record<string, unknown>>): string {
  return Object.entries(named)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => ` ${name}=${String(value)}`)
    .join('');
}
