// The page behind a link of a message. No key: the link's signature is one. Looking changes nothing, whoever looks, since
// scanners of mail and previews of chats open every link; only what the form sends acts. A right link opens from an
// address that has to wait, as a right signature of a provider does.
import type { Context } from 'hono';
import type { Locale } from '../../../channels/message.ts';
import { timeText } from '../../../channels/times.ts';
import { ApiError } from '../../errors.ts';
import { explain } from '../../explain/explanation.ts';
import { factsOf } from '../../explain/facts.ts';
import { explanationPage } from '../../explain/page.ts';
import { sayIn } from '../../explain/say.ts';
import type { Link } from '../../links/link-token.ts';
import type { MessageLinker } from '../../links/message-linker.ts';
import type { ConfirmOutcome } from '../../services.ts';
import { readBody } from '../body.ts';
import type { HttpEnv } from '../env.ts';
import { exchangeOf } from '../exchange.ts';
import {
  answerPage,
  donePage,
  explainPage,
  longestName,
  longestNote,
  pageHeaders,
  refusalPage,
  silenceSpans,
} from '../links/link-page.ts';
import { type LinkTexts, linkTexts } from '../links/link-texts.ts';
import { groupMatchers, type LinkView, matcherText, readLinked, viewOf } from '../links/link-view.ts';
import { localeIn } from '../reading.ts';
import { callerOf } from '../remote-address.ts';
import { type Call, type HttpDeps, route } from '../route.ts';

const bodyBytes = 4 * 1024;
/** Alerts that are explained on one page. */
const mostExplained = 3;

type Reason = keyof LinkTexts['refused'];
const statuses: Readonly<Record<Reason, 400 | 403 | 404 | 409 | 410 | 429 | 503>> = {
  unreadable: 400,
  forged: 403,
  recipient: 403,
  only_reads: 403,
  gone: 404,
  not_silenced: 409,
  expired: 410,
  used: 410,
  slow_down: 429,
  unavailable: 503,
};

const shared = {
  path: '/l/{token}',
  requires: 'anonymous',
  tag: 'links',
  errors: ['not_found'],
} as const;
const refusals = {
  403: {
    description: 'Not signed by this program, not whole, or not for this recipient: a page that says so',
  },
  404: { description: 'The message is no longer kept: a page that says so' },
  410: { description: 'Too old, or used already: a page that says by whom and when' },
  429: { description: 'Too many links from this address that do not open' },
};

export const linksRoutes = [
  route({
    ...shared,
    method: 'get',
    summary:
      'The page behind a link of a message. Opening it changes nothing. The signature of the link is the key.',
    answers: { 200: { description: 'The page, with a form for each action' }, ...refusals },
    handler: look,
  }),
  route({
    ...shared,
    method: 'post',
    summary: 'Confirms the notification, or silences its group; what the form of the page sends.',
    bodyBytes,
    rawBody: { 'application/x-www-form-urlencoded': 'action=confirm&name=Ann' },
    answers: {
      200: { description: 'Done and durable: a page that says what it came to' },
      400: { description: 'Not the form of this page' },
      409: { description: 'There are too many silences, or nothing that one could go by' },
      503: { description: 'It could not be stored' },
      ...refusals,
    },
    handler: act,
  }),
];

/** A link that opens, with what it leads to; or the page that says why it does not. */
interface Opened {
  readonly link: Link;
  readonly linker: MessageLinker;
  readonly locale: Locale;
  readonly timeZone: string;
  readonly linked: Exclude<ReturnType<typeof readLinked>, { refused: unknown }>;
}

function open(call: Call<undefined, undefined>): Opened | Response {
  const { c, deps, param } = call;
  const { links, services } = deps;
  if (links === null) throw new ApiError('not_found');
  const { linker, timeZone } = links;
  const read = linker.read(param('token'), services.now());
  const asked = c.req.header('accept-language');
  if ('refused' in read) {
    const locale = localeIn(asked ?? '');
    return read.refused === 'forged' ? forged(c, deps, locale) : refuse(c, read.refused, locale);
  }
  const linked = readLinked(services, read.link);
  if ('refused' in linked) return refuse(c, linked.refused, localeIn(asked ?? ''));
  const locale = asked === undefined ? linked.message.locale : localeIn(asked);
  return { link: read.link, linker, locale, timeZone, linked };
}

/** Whoever guesses waits longer and longer. */
function forged(c: Context<HttpEnv>, { linkGuesses, services }: HttpDeps, locale: Locale): Response {
  const now = services.now();
  const caller = callerOf(exchangeOf(c).incoming?.socket.remoteAddress);
  const waitMs = linkGuesses.waitMs(caller, now);
  // In process there is no address, and whoever calls is one of us.
  if (caller !== '') linkGuesses.failed(caller, now);
  if (waitMs === 0) return refuse(c, 'forged', locale);
  c.header('retry-after', String(Math.ceil(waitMs / 1_000)));
  return refuse(c, 'slow_down', locale);
}

async function look(call: Call<undefined, undefined>): Promise<Response> {
  const opened = open(call);
  if (opened instanceof Response) return opened;
  const { c, deps } = call;
  const { link, linker, locale } = opened;
  if (link.action === 'explain') {
    const view = viewNow(deps, opened);
    return show(c, 200, explainPage(view, locale, await explanations(deps, opened, view)));
  }
  const view = viewNow(deps, opened, await silenceOf(deps, opened));
  return show(c, 200, answerPage(view, locale, linker.url({ ...link, action: 'explain' })));
}

async function act(call: Call<undefined, undefined>): Promise<Response> {
  const { c, deps } = call;
  const body = await readBody(exchangeOf(c), bodyBytes);
  const opened = open(call);
  if (opened instanceof Response) return opened;
  const { link, locale } = opened;
  if (link.action !== 'respond') return refuse(c, 'only_reads', locale);
  const form = formOf(c, body);
  if (form === null) return refuse(c, 'unreadable', locale);
  try {
    return form.action === 'confirm'
      ? await confirm(c, deps, opened, form)
      : await silence(c, deps, opened, form);
  } catch (error) {
    // The body of an API error is nothing that a person with a telephone could read.
    if (error instanceof ApiError && (error.code === 'unavailable' || error.code === 'overloaded'))
      return refuse(c, 'unavailable', locale);
    throw error;
  }
}

interface Form {
  readonly action: 'confirm' | 'silence';
  readonly name: string | null;
  readonly note: string | null;
  readonly minutes: number;
}

function formOf(c: Context<HttpEnv>, body: Buffer): Form | null {
  const type = (c.req.header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return null;
  const fields = new URLSearchParams(body.toString('utf8'));
  const action = fields.get('action');
  if (action !== 'confirm' && action !== 'silence') return null;
  const text = (name: string, longest: number) => {
    // No control character reaches a log, a message or another page.
    const said = (fields.get(name) ?? '')
      .replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
      .trim();
    return said === '' ? null : [...said].slice(0, longest).join('');
  };
  const name = text('name', longestName);
  return { action, name, note: text('note', longestNote), minutes: Number(fields.get('minutes') ?? 'none') };
}

async function confirm(
  c: Context<HttpEnv>,
  deps: HttpDeps,
  opened: Opened,
  { name, note }: Form,
): Promise<Response> {
  const { link, locale } = opened;
  const { tenant, notificationId, recipient } = link;
  const actor = `link:${recipient}`;
  const called = name ?? personOf(recipient);
  const order = { notificationId, recipient, actor, name: called, via: 'link' as const, note };
  const outcome: ConfirmOutcome = await deps.services.confirm(tenant, order);
  if ('refused' in outcome)
    return refuse(c, outcome.refused === 'recipient_not_found' ? 'recipient' : 'gone', locale);
  const view = viewNow(deps, { ...opened, linked: again(deps, opened) });
  if (!outcome.fresh) return refuse(c, 'used', locale, view);
  const { done } = linkTexts[locale];
  const came = [
    ...(outcome.acknowledged > 0 ? [done.acknowledged(outcome.acknowledged)] : []),
    ...(outcome.dropped > 0 ? [done.dropped(outcome.dropped)] : []),
  ];
  return show(c, 200, donePage(view, locale, [done.confirmed, ...came]));
}

/** `chat@alice` → `alice`; a place is nobody. */
function personOf(recipient: string): string | null {
  const at = recipient.indexOf('@');
  return at < 0 ? null : recipient.slice(at + 1);
}

async function silence(
  c: Context<HttpEnv>,
  deps: HttpDeps,
  opened: Opened,
  { name, note, minutes }: Form,
): Promise<Response> {
  const { link, locale, linked, timeZone } = opened;
  const { services } = deps;
  const { tenant, notificationId, recipient } = link;
  const spanMs = spansOf(deps).find((ms) => ms === minutes * 60_000);
  if (spanMs === undefined) return refuse(c, 'unreadable', locale);
  const matchers = groupMatchers(linked.message);
  if (matchers.length === 0) return refuse(c, 'not_silenced', locale);
  // What was done through a link is remembered for longer than the link opens.
  const once = { scope: 'link silence', key: `${notificationId} ${recipient}`, bodyHash: '' };
  const now = services.now();
  const used = services.store.idempotency(tenant, once.scope, once.key, now) !== null;
  const result = await services.silences.put(
    tenant,
    {
      id: null,
      matchers: matchers.map(({ name: label, op, value }) => ({ name: label, op, value })),
      startsAt: now,
      endsAt: now + spanMs,
      recurs: null,
      comment: note ?? linked.message.groupKey.slice(0, longestNote),
      createdBy: name ?? personOf(recipient) ?? recipient,
      seen: null,
    },
    { name: `link:${recipient}` },
    once,
  );
  if (used) return refuse(c, 'used', locale, viewNow(deps, opened));
  if (result.status !== 201) return refuse(c, 'not_silenced', locale);
  const { done, silence: t } = linkTexts[locale];
  const lines = [
    done.silenced,
    t.until(timeText(now + spanMs, timeZone)),
    matchers.map(matcherText).join(', '),
  ];
  return show(c, 200, donePage(viewNow(deps, opened), locale, lines));
}

function spansOf({ limits }: HttpDeps): number[] {
  return silenceSpans.filter((ms) => ms <= limits.silenceMs);
}

async function silenceOf(deps: HttpDeps, { link, linked }: Opened): Promise<LinkView['silence']> {
  const matchers = groupMatchers(linked.message);
  if (matchers.length === 0 || linked.message.status === 'resolved') return null;
  const { firing } = await deps.services.silences.preview(link.tenant, matchers, 1);
  return { matchers: matchers.map(matcherText), firing, spans: spansOf(deps) };
}

/** One plain text for each of the first alerts that are kept still. */
async function explanations(
  { services }: HttpDeps,
  { link, locale, timeZone }: Opened,
  { alerts }: LinkView,
): Promise<string[]> {
  const say = sayIn(locale, timeZone);
  const told: string[] = [];
  for (const { id } of alerts.slice(0, mostExplained)) {
    const facts = await factsOf(services, link.tenant, id);
    if (facts !== null) told.push(explanationPage(explain(facts, say), say));
  }
  return told;
}

function viewNow(
  { services }: HttpDeps,
  { link, linked, locale, timeZone }: Opened,
  silence: LinkView['silence'] = null,
): LinkView {
  return viewOf(services, link, linked, locale, timeZone, silence);
}

/** With the confirmation that was just given. */
function again({ services }: HttpDeps, { link, linked }: Opened): Opened['linked'] {
  return { ...linked, confirmations: services.store.confirmations(link.tenant, link.notificationId) };
}

function refuse(c: Context<HttpEnv>, reason: Reason, locale: Locale, view: LinkView | null = null): Response {
  return show(c, statuses[reason], refusalPage(reason, locale, view));
}

function show(c: Context<HttpEnv>, status: number, html: string): Response {
  for (const [name, value] of pageHeaders) c.header(name, value);
  return c.body(html, status as 200);
}
