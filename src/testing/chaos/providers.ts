// The strict simulators of a chaos campaign, one for each channel, and the configuration that calls them.
import type { ChannelDefinition, RateWindow } from '../../../channels/channel.ts';
import { channels } from '../../../channels/index.ts';
import { type MailCatcher, startMailCatcher } from '../mail-catcher.ts';
import { startDingtalk } from '../providers/dingtalk.ts';
import { startFeishu } from '../providers/feishu.ts';
import { type Provider, type ProviderFault, SlidingWindow } from '../providers/provider.ts';
import { startSlack } from '../providers/slack.ts';
import { startTwilio, type TwilioAccepted } from '../providers/twilio.ts';
import { startWecom } from '../providers/wecom.ts';
import { type Arrival, readMessage } from './arrival.ts';
import { Misbehaving, type MisconductPlan } from './misconduct.ts';
import { startWebhookReceiver } from './webhook.ts';

export const chaosChannels = ['webhook', 'mail', 'sms', 'feishu', 'slack', 'wecom', 'dingtalk'] as const;
export type ChaosChannel = (typeof chaosChannels)[number];
/** Of a receiver that is no more: each message to it is a dead letter. */
export const goneChannel = 'gone';

export interface ChaosProviders {
  /** `channels:` of the file, as JSON. */
  readonly config: Readonly<Record<string, object>>;
  readonly arrivals: readonly Arrival[];
  readonly misbehaving: Readonly<Record<ChaosChannel, Misbehaving>>;
  /** Calls beyond what the provider grants, by channel. */
  readonly exceeded: Readonly<Record<ChaosChannel, number>>;
  /** Alerts that messages of the channel counted and did not name. */
  readonly unnamed: Readonly<Record<ChaosChannel, number>>;
  /** Calls by channel. */
  readonly calls: Readonly<Record<ChaosChannel, number>>;
  /** Messages that Twilio reported as delivered, and was heard; by token. */
  readonly reported: ReadonlySet<string>;
  /** No more faults. */
  heal(): void;
  close(): Promise<void>;
}

const keys = {
  robotKey: '693a91f6-7f15-4bc4-97a0-0ec2f8b3e0aa',
  accessToken: 'token-of-the-robot',
  hookId: 'hook-of-the-robot',
  secret: 'SECchaos-of-enough-characters-to-sign',
  slackPath: '/services/T000/B000/chaos',
  accountSid: 'AC00000000000000000000000000000000',
  authToken: 'twilio-token',
};
const now = () => Date.now();
const reportEveryMs = 200;

/** Starts them; `plan` is the misconduct of each. */
export async function startChaosProviders(plan: MisconductPlan): Promise<ChaosProviders> {
  const arrivals: Arrival[] = [];
  const perChannel = <Value>(make: (channel: ChaosChannel, index: number) => Value) =>
    Object.fromEntries(chaosChannels.map((channel, i) => [channel, make(channel, i)])) as Record<
      ChaosChannel,
      Value
    >;
  const misbehaving = perChannel((_, i) => new Misbehaving(plan, i));
  /** When each call came in; those that were let hang are heard of last. */
  const came = perChannel((): number[] => []);
  const unnamed = perChannel(() => 0);
  const calls = perChannel(() => 0);
  const reported = new Set<string>();
  let closed = false;

  const take = (channel: ChaosChannel, kept: unknown, deliveryId: string | null, ambiguous: boolean) => {
    const { told, more } = readMessage(kept);
    unnamed[channel] += more;
    for (const one of told) arrivals.push({ ...one, channel, deliveryId, ambiguous, at: now() });
    return told.length > 0;
  };
  function attach<Accepted>(
    channel: ChaosChannel,
    provider: Provider<Accepted>,
    idOf: (accepted: Accepted) => string | null,
    took?: (accepted: Accepted) => void,
  ): void {
    const draws = misbehaving[channel];
    provider.chaos = ({ pathname }) => (pathname === '/gone' ? null : faultOf(draws, calls, channel));
    provider.watch(({ accepted, fault }) => {
      for (const one of accepted) {
        if (take(channel, one, idOf(one), fault === 'lost')) took?.(one);
      }
    });
  }

  const webhook = await startWebhookReceiver(keys.secret, { now });
  attach('webhook', webhook, ({ deliveryId }) => deliveryId);
  const feishu = await startFeishu({ hookId: keys.hookId, secret: keys.secret }, { now });
  attach('feishu', feishu, () => null);
  const wecom = await startWecom({ robotKey: keys.robotKey }, { now });
  attach('wecom', wecom, () => null);
  const dingtalk = await startDingtalk({ accessToken: keys.accessToken, secret: keys.secret }, { now });
  attach('dingtalk', dingtalk, () => null);
  const slack = await startSlack({
    now,
    webhookPath: keys.slackPath,
    token: 'xoxb-none',
    scopes: [],
    channels: [],
  });
  attach('slack', slack, () => null);
  const twilio = await startTwilio({ now, accountSid: keys.accountSid, authToken: keys.authToken });
  const reports: Promise<void>[] = [];
  attach(
    'sms',
    twilio,
    ({ form }) => new URL(form.StatusCallback ?? 'http://none').searchParams.get('delivery'),
    (one) => void reports.push(report(one)),
  );
  /** Until somebody hears it: the program may be between two lives. */
  async function report(one: TwilioAccepted): Promise<void> {
    const { told } = readMessage(one);
    while (!closed) {
      try {
        await twilio.report(one, 'delivered');
        for (const { token } of told) reported.add(token);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, reportEveryMs));
      }
    }
  }
  const mail: MailCatcher = await startMailCatcher({
    async onData(caught) {
      calls.mail += 1;
      const drawn = misbehaving.mail.draw(now());
      if (drawn === 'refused') return { code: 451, text: '4.3.2 try again later' };
      take('mail', caught.text, caught.headers['x-tocsin-delivery'] ?? null, drawn !== null);
      if (drawn === null) return null;
      if (drawn !== 'lost') await new Promise((resolve) => setTimeout(resolve, plan.holdMs));
      return 'reset';
    },
  });

  const config = {
    webhook: { type: 'webhook', url: `${webhook.url}/hook`, secret: keys.secret },
    [goneChannel]: { type: 'webhook', url: `${webhook.url}/gone` },
    mail: {
      type: 'email',
      host: mail.host,
      port: mail.port,
      use_tls: false,
      from_email: 'tocsin@example.com',
      to: ['ops@example.com'],
    },
    sms: {
      type: 'sms',
      provider: 'twilio',
      account_sid: keys.accountSid,
      auth_token: keys.authToken,
      from: '+14155550100',
      to: ['+886912345678'],
      base_url: twilio.url,
    },
    feishu: { type: 'feishu', hook_id: keys.hookId, secret: keys.secret, base_url: feishu.url },
    slack: { type: 'slack', webhook_url: slack.webhookUrl },
    wecom: { type: 'wecom', webhook_key: keys.robotKey, base_url: wecom.url },
    dingtalk: {
      type: 'dingtalk',
      access_token: keys.accessToken,
      secret: keys.secret,
      base_url: dingtalk.url,
    },
  };
  const http = { webhook, feishu, wecom, dingtalk, slack, sms: twilio };
  for (const [channel, provider] of Object.entries(http)) {
    provider.watch(({ request }) => {
      came[channel as ChaosChannel].push(request.at);
    });
  }
  return {
    config,
    arrivals,
    misbehaving,
    get exceeded() {
      return perChannel((channel) => beyond(came[channel], ratesOf(config[channel])));
    },
    unnamed,
    calls,
    reported,
    heal() {
      for (const one of Object.values(misbehaving)) one.heal();
    },
    async close() {
      closed = true;
      await Promise.all([...Object.values(http), mail].map((one) => one.close()));
      await Promise.all(reports);
    },
  };
}

/** What the channel says that its provider grants. */
function ratesOf({ type, ...settings }: Readonly<Record<string, unknown>>): readonly RateWindow[] {
  const definition = channels[type as keyof typeof channels] as ChannelDefinition;
  const own = definition.rates?.(definition.config.parse(settings));
  return own ?? definition.limits.rates ?? [];
}

async function faultOf(
  draws: Misbehaving,
  calls: Record<ChaosChannel, number>,
  channel: ChaosChannel,
): Promise<ProviderFault | null> {
  calls[channel] += 1;
  const drawn = draws.draw(now());
  if (drawn === null || drawn === 'lost') return drawn;
  if (drawn === 'refused') return { status: 503, body: 'Service Unavailable' };
  await new Promise((resolve) => setTimeout(resolve, draws.holdMs));
  return drawn === 'hung' ? 'reset' : 'lost';
}

/** Calls beyond what any of the windows grants. */
function beyond(times: readonly number[], rates: readonly { calls: number; perMs: number }[]): number {
  const windows = rates.map(({ calls, perMs }) => new SlidingWindow(calls, perMs));
  return times
    .toSorted((a, b) => a - b)
    .filter((at) => windows.map((window) => window.take(at)).includes(false)).length;
}
