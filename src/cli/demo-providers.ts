// The providers of the demo: strict simulators of a WeCom robot and of Twilio on 127.0.0.1, with a callee who presses 1.
// Everything that they take is shown as a person would see or hear it.
import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { startTwilio, type TwilioAccepted } from '../testing/providers/twilio.ts';
import { startWecom, type WecomMessage } from '../testing/providers/wecom.ts';

/** The part of the narrator that is used. */
export interface Stage {
  /** A line, and below it what somebody sees. */
  show(what: string, text: string, lines?: readonly string[]): void;
}

/** Channels of examples/demo/providers.yaml whose providers have to report an arrival before the demo is over. */
export const reportedChannels: readonly string[] = ['demo-call', 'demo-sms'];

export interface DemoProvidersOptions {
  readonly stage: Stage;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Messages about other rules are not shown. */
  readonly rule: string;
  /** How long the callee listens before pressing 1, milliseconds. */
  readonly listensMs?: number;
}

export interface DemoProviders {
  /** The variables of examples/demo/providers.yaml. */
  readonly env: Readonly<Record<string, string>>;
  /** Lines for the greeting. */
  readonly about: readonly string[];
  close(): Promise<void>;
}

const robotIsGone = {
  status: 200,
  body: { errcode: 93000, errmsg: 'invalid webhook url, hint: [demo], from ip: 127.0.0.1' },
};

/**
 * Starts both. Nobody answers the robot, so the phone rings. When the call was confirmed the robot is taken out of its
 * group: what is told after that has to go the other way.
 */
export async function startDemoProviders(options: DemoProvidersOptions): Promise<DemoProviders> {
  const { stage, now, rule, listensMs = 2_000 } = options;
  const robotKey = `demo-${randomBytes(8).toString('hex')}`;
  const accountSid = `AC${randomBytes(16).toString('hex')}`;
  const authToken = randomBytes(16).toString('hex');
  const timers = new Set<NodeJS.Timeout>();

  const wecom = await startWecom(
    { robotKey },
    { now, onAccepted: (message) => card(message as WecomMessage) },
  );
  const twilio = await startTwilio({
    ...{ accountSid, authToken, now },
    onAccepted: (accepted) => rings(accepted as TwilioAccepted),
  });

  function card({ text }: WecomMessage): void {
    if (text.includes(rule)) stage.show('wecom', 'the robot writes to its group:', text.split('\n'));
  }

  function rings(accepted: TwilioAccepted): void {
    if (accepted.kind === 'message') {
      const text = accepted.form.Body ?? '';
      if (!text.includes(rule)) return;
      stage.show('sms', `a short message to ${accepted.to}:`, text.split('\n'));
      later(0, () => twilio.report(accepted, 'delivered'));
      return;
    }
    stage.show(
      'call',
      `the phone ${accepted.to} rings, and a voice says:`,
      spokenOf(accepted.form.Twiml ?? ''),
    );
    later(listensMs, async () => {
      stage.show('pressed', 'the callee presses 1');
      const heard = spokenOf(await twilio.press(accepted, '1'));
      stage.show('call', 'the voice answers:', heard);
      await twilio.report(accepted, 'completed');
      wecom.chaos = () => robotIsGone;
      stage.show('broken', 'from here on WeCom does not know the robot any more (errcode 93000)');
    });
  }

  function later(ms: number, act: () => Promise<unknown>): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act().catch((error: unknown) => stage.show('refused', `a callback was not taken: ${String(error)}`));
    }, ms);
    timers.add(timer);
  }

  return {
    env: {
      DEMO_WECOM_KEY: robotKey,
      DEMO_WECOM_URL: wecom.url,
      DEMO_TWILIO_ACCOUNT: accountSid,
      DEMO_TWILIO_TOKEN: authToken,
      DEMO_TWILIO_URL: twilio.url,
    },
    about: [
      `  WeCom     ${wecom.url} (a simulator of this demo)`,
      `  Twilio    ${twilio.url} (a simulator of this demo)`,
      '  chain     demo-chat (WeCom), then demo-sms; demo-call rings when nobody confirms',
    ],
    async close() {
      for (const timer of timers) clearTimeout(timer);
      await Promise.all([wecom.close(), twilio.close()]);
    },
  };
}

/** Providers are told where to call back before anything listens there. */
export async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** What a voice says of TwiML, each sentence once. */
function spokenOf(twiml: string): readonly string[] {
  const said = [...twiml.matchAll(/<Say\b[^>]*>([^<]*)<\/Say>/g)].map(([, text]) =>
    text!.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name]!),
  );
  return [...new Set(said)];
}
