// Who was told what, against what was accepted over HTTP. Pure: the campaign collects, this says what is wrong.
import type { Arrival } from './arrival.ts';
import type { Push, Saying } from './push.ts';

export type ChaosViolationKind =
  /** Something was accepted, and no delivery and no reason tells what became of it. */
  | 'forgotten'
  /** A delivery has not ended. */
  | 'unsettled'
  /** A dead letter that the list of dead letters does not have. */
  | 'hidden'
  /** A delivery ended without a word why. */
  | 'no_reason'
  /** A delivery counts as accepted, and its provider has never taken it. */
  | 'not_told'
  /** A provider took it and said so, and the program does not know. */
  | 'half_written'
  /** Told again although the first answer had come. */
  | 'sent_twice'
  | 'id_changed'
  | 'invented'
  /** Twilio reported it, and it does not count as delivered. */
  | 'receipt_lost'
  | 'too_few_accepted'
  /** More calls than the provider grants. */
  | 'too_often'
  | 'unexpected_exit';

export interface ChaosViolation {
  readonly kind: ChaosViolationKind;
  readonly text: string;
}

/** A delivery as the API shows it, with what it says of one push. */
export interface JudgedDelivery {
  readonly id: string;
  readonly token: string;
  readonly saying: Saying;
  /** The receiver's channel. */
  readonly channel: string;
  readonly state: string;
  readonly reason: string | null;
  /** The list of dead letters has it. */
  readonly listedDead: boolean;
  /** To the millisecond the same for all of one call; null while it is open. */
  readonly finishedAt: string | null;
}

export interface Evidence {
  readonly pushes: Iterable<Push>;
  readonly arrivals: readonly Arrival[];
  readonly deliveries: readonly JudgedDelivery[];
  /** What was not told, by decision: `token saying`. */
  readonly skipped: ReadonlySet<string>;
  /** Deaths of the process, epoch milliseconds. */
  readonly kills: readonly number[];
  /** Channels that refuse everything for good. */
  readonly gone: readonly string[];
  /** Tokens that were reported as delivered, and the channel that they were sent by. */
  readonly reported: { readonly channel: string; readonly tokens: ReadonlySet<string> };
  readonly exceeded: Readonly<Record<string, number>>;
  /** Alerts that messages of a channel counted and did not name; absent: none. */
  readonly unnamed?: Readonly<Record<string, number>>;
}

export interface Judgement {
  readonly violations: readonly ChaosViolation[];
  /** Deliveries by their end. */
  readonly accepted: number;
  readonly dead: number;
  readonly dropped: number;
  /** Of those with a valid recipient, accepted or dead. */
  readonly acceptedShare: number;
  /** Messages that a provider took once more, and why. */
  readonly twiceAfterKill: number;
  readonly twiceAfterLost: number;
}

const leastShare = 0.995;
/** From a provider's answer to the result on the disk, on a machine that does much else. */
const storedWithinMs = 3_000;
const isAccepted = (state: string): boolean => state === 'sent' || state === 'delivered';
const keyOf = (channel: string, token: string, saying: string): string => `${channel} ${token} ${saying}`;

function grouped<One extends { readonly channel: string; readonly token: string; readonly saying: Saying }>(
  list: readonly One[],
): Map<string, One[]> {
  const groups = new Map<string, One[]>();
  for (const one of list) {
    const key = keyOf(one.channel, one.token, one.saying);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}

export function judge(evidence: Evidence): Judgement {
  const violations: ChaosViolation[] = [];
  const violate = (kind: ChaosViolationKind, text: string) => void violations.push({ kind, text });
  const { kills, gone } = evidence;
  const diedBetween = (kill: number, at: number, until: number) =>
    kill >= at && kill <= Math.min(at + storedWithinMs, until);
  const killedSoonAfter = (at: number) =>
    kills.some((kill) => diedBetween(kill, at, Number.POSITIVE_INFINITY));

  /** A message that several were merged into may count some of them and not name them. */
  const unnamed = new Map(Object.entries(evidence.unnamed ?? {}));
  const mayBeUnnamed = (channel: string): boolean => {
    const left = unnamed.get(channel) ?? 0;
    unnamed.set(channel, left - 1);
    return left > 0;
  };
  const arrived = grouped(evidence.arrivals);
  const delivered = grouped(evidence.deliveries);
  const pushed = new Set<string>();
  for (const { channel, token, said } of evidence.pushes) {
    for (const saying of said) {
      const key = keyOf(channel, token, saying);
      pushed.add(key);
      if (!delivered.has(key) && !evidence.skipped.has(`${token} ${saying}`))
        violate('forgotten', `${key}: accepted, and nothing tells of it`);
    }
  }

  for (const [key, list] of delivered) {
    for (const { id, token, saying, channel, state, reason, listedDead, finishedAt } of list) {
      const took = arrived.get(key) ?? [];
      if (!pushed.has(key)) violate('invented', `${key}: delivery ${id} of what nobody pushed`);
      if (state === 'queued' || state === 'sending') violate('unsettled', `${key}: ${id} is ${state}`);
      if (state === 'dead' && !listedDead) violate('hidden', `${key}: ${id} is in no list of dead letters`);
      if ((state === 'dead' || state === 'dropped') && reason === null)
        violate('no_reason', `${key}: ${id} is ${state}`);
      // A message that several were merged into says of an alert what is newest: the end tells of its beginning.
      const end = saying === 'firing' ? delivered.get(keyOf(channel, token, 'resolved')) : undefined;
      const toldByEnd = end?.some((one) => isAccepted(one.state) && one.finishedAt === finishedAt) ?? false;
      if (isAccepted(state) && took.length === 0 && !toldByEnd && !mayBeUnnamed(channel))
        violate('not_told', `${key}: ${id} is ${state}`);
      const sure = took.some(({ ambiguous, at }) => !ambiguous && !killedSoonAfter(at));
      if (sure && list.length === 1 && !isAccepted(state))
        violate('half_written', `${key}: taken and answered, ${id} is ${state} (${reason})`);
      const { reported } = evidence;
      if (channel === reported.channel && reported.tokens.has(token) && state === 'sent')
        violate('receipt_lost', `${key}: ${id} is ${state}`);
    }
  }

  let twiceAfterKill = 0;
  let twiceAfterLost = 0;
  for (const [key, took] of arrived) {
    if (!pushed.has(key)) violate('invented', `${key}: came, and nobody pushed it`);
    const ids = new Set(took.map(({ deliveryId }) => deliveryId));
    if (ids.size > 1) violate('id_changed', `${key}: came as ${[...ids].join(', ')}`);
    const lost = took.filter(({ ambiguous }) => ambiguous).length;
    const inTurn = [...took].sort((a, b) => a.at - b.at);
    const killed = inTurn.filter(({ ambiguous, at }, i) => {
      const next = inTurn[i + 1];
      // Not what came again before the process died.
      return !ambiguous && next !== undefined && kills.some((kill) => diedBetween(kill, at, next.at));
    }).length;
    const again = took.length - 1;
    if (again > lost + killed) {
      const times = took.map(({ at, ambiguous }) => `${new Date(at).toISOString()}${ambiguous ? '?' : ''}`);
      violate('sent_twice', `${key}: ${times.join(', ')}`);
    }
    twiceAfterLost += Math.min(again, lost);
    twiceAfterKill += Math.min(Math.max(0, again - lost), killed);
  }

  const valid = evidence.deliveries.filter(({ channel }) => !gone.includes(channel));
  const accepted = valid.filter(({ state }) => isAccepted(state)).length;
  const deadValid = valid.filter(({ state }) => state === 'dead').length;
  const ended = accepted + deadValid;
  const acceptedShare = ended === 0 ? 1 : accepted / ended;
  if (acceptedShare < leastShare)
    violate('too_few_accepted', `${(acceptedShare * 100).toFixed(2)} % of ${ended}`);
  for (const [channel, n] of Object.entries(evidence.exceeded))
    if (n > 0) violate('too_often', `${channel}: ${n} calls more than it grants`);
  const all = (state: string) => evidence.deliveries.filter((one) => one.state === state).length;
  return {
    violations,
    accepted,
    dead: all('dead'),
    dropped: all('dropped'),
    acceptedShare,
    twiceAfterKill,
    twiceAfterLost,
  };
}
