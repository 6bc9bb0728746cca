// What the page behind a link shows: read from the store and from memory, and nothing is changed by it.
import type { AlertMessage, Locale } from '../../../channels/message.ts';
import { messageText, nameOf, plain, saidBy } from '../../../channels/text.ts';
import { formatMatcher, matcher } from '../../../rules/matchers.ts';
import { isSyntaxProblem } from '../../../rules/syntax-problem.ts';
import type { Matcher } from '../../../rules/types.ts';
import { wentTo } from '../../engine/confirm-run.ts';
import type { Link } from '../../links/link-token.ts';
import { isAcknowledged } from '../../pipeline/held-back.ts';
import type { ConfirmationRow, ConfirmationWay } from '../../pipeline/rows.ts';
import type { Services } from '../../services.ts';

export interface LinkView {
  readonly title: string;
  readonly receiver: string;
  readonly recipient: string;
  readonly timeZone: string | undefined;
  readonly alerts: readonly {
    readonly id: string;
    readonly title: string;
    readonly since: number;
    /** Who holds it now. */
    readonly heldBy: string | null;
  }[];
  /** Alerts that are not shown. */
  readonly more: number;
  readonly confirmations: readonly {
    readonly who: string;
    readonly at: number;
    readonly via: ConfirmationWay;
  }[];
  /** That of this recipient. */
  readonly mine: ConfirmationRow | null;
  /** What a silence of its group would be; null: there is nothing to go by, or nothing is asked for. */
  readonly silence: {
    readonly matchers: readonly string[];
    readonly firing: number;
    readonly spans: readonly number[];
  } | null;
}

const alertsShown = 10;
const longestTitle = 300;

/** The notification of a link with who confirmed it, or why there is none for its recipient. */
export function readLinked(
  { store }: Pick<Services, 'store'>,
  { tenant, notificationId, recipient }: Link,
): { message: AlertMessage; confirmations: readonly ConfirmationRow[] } | { refused: 'gone' | 'recipient' } {
  const row = store.notification(tenant, notificationId);
  if (row === null) return { refused: 'gone' };
  if (!wentTo(recipient, row, store)) return { refused: 'recipient' };
  const confirmations = store.confirmations(tenant, notificationId);
  return { message: JSON.parse(row.body) as AlertMessage, confirmations };
}

export function viewOf(
  services: Pick<Services, 'alert' | 'now'>,
  { tenant, recipient }: Link,
  { message, confirmations }: { message: AlertMessage; confirmations: readonly ConfirmationRow[] },
  locale: Locale,
  timeZone: string,
  silence: LinkView['silence'] = null,
): LinkView {
  const now = services.now();
  const { subject } = messageText(message, locale, { maxAlerts: 1, maxBytes: 65_536 });
  const alerts = message.alerts.slice(0, alertsShown).map((one) => {
    const row = services.alert(tenant, one.id);
    const says = saidBy(one);
    return {
      id: one.id,
      title: plain(says === '' ? nameOf(one) : `${nameOf(one)}: ${says}`, longestTitle),
      since: one.startsAt,
      heldBy: row !== null && isAcknowledged(row, now) ? plain(whoOf(row.ackedBy ?? ''), 100) : null,
    };
  });
  return {
    title: subject,
    receiver: plain(message.receiver, 200),
    recipient: plain(recipient, 300),
    timeZone,
    alerts,
    more: message.alerts.length - alerts.length + message.truncated,
    confirmations: confirmations.map((row) => ({
      who: plain(row.name ?? row.recipient ?? whoOf(row.actor), 300),
      at: row.at,
      via: row.via,
    })),
    mine: confirmations.find((row) => row.recipient === recipient) ?? null,
    silence,
  };
}

/** `key:ann` → `ann`. */
const whoOf = (actor: string) => actor.replace(/^(?:key|link|answer):/, '');

/** What a silence of the group goes by: its labels, else what all of its alerts have in common; empty: nothing. */
export function groupMatchers({ groupLabels, alerts }: AlertMessage): readonly Matcher[] {
  const own = Object.entries(groupLabels).filter(([, value]) => value !== '');
  const [first, ...others] = alerts;
  const common = Object.entries(first?.labels ?? {}).filter(
    ([name, value]) =>
      value !== '' && name !== 'severity' && others.every(({ labels }) => labels[name] === value),
  );
  return (own.length > 0 ? own : common).flatMap(([name, value]) => {
    const made = matcher(name, '=', value);
    return isSyntaxProblem(made) ? [] : [made];
  });
}

export const matcherText = (one: Matcher): string => plain(formatMatcher(one), longestTitle);
