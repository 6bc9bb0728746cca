// Turns what happens in the demo into one readable line each, and knows when the incident has been seen to its end.

import type { CommittedEvent } from '../store/store.ts';
import type { ReceivedRequest } from '../testing/http-receiver.ts';
import type { CaughtMail } from '../testing/mail-catcher.ts';

const words: Readonly<Record<string, string>> = {
  'alert.pending': 'pending    the condition holds; `for` is running',
  'alert.firing': 'firing     it held long enough: people are told',
  'alert.resolved': 'resolved   the condition is over',
  'delivery.retry': 'retry      a delivery failed and is tried again',
  'delivery.dead': 'dead       a delivery failed for good; see GET /api/v1/deliveries?state=dead',
};

export interface Narrator {
  events(events: readonly CommittedEvent[]): void;
  webhook(request: ReceivedRequest): void;
  mail(mail: CaughtMail): void;
  /** Resolves when webhook and mail have both told of the end. */
  readonly seen: Promise<void>;
}

/** `alertName`: the alert whose story is told; others of this machine are told in one line when they fire. */
export function createNarrator(
  print: (line: string) => void,
  startedAt: number,
  now: () => number,
  alertName: string,
): Narrator {
  const at = () => `${((now() - startedAt) / 1000).toFixed(1).padStart(5)} s`;
  const say = (text: string) => print(`  ${at()}  ${text}`);
  const told = { webhook: false, mail: false };
  let finish: () => void = () => {};
  const seen = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const end = () => {
    if (told.webhook && told.mail) finish();
  };
  return {
    seen,
    events(events) {
      for (const { row } of events) {
        const text = words[row.kind];
        if (text !== undefined) say(text);
      }
    },
    webhook(request) {
      const { data } = JSON.parse(request.body.toString()) as {
        data: {
          status: string;
          reason: string;
          alerts: { labels: Record<string, string>; annotations: Record<string, string> }[];
        };
      };
      const [alert] = data.alerts;
      say(
        `webhook    ${data.status}: ${alert?.annotations['summary'] ?? alert?.labels['alertname'] ?? ''} (${data.reason})`,
      );
      if (data.status === 'resolved' && alert?.labels['alertname'] === alertName) told.webhook = true;
      end();
    },
    mail(mail) {
      say(`mail       ${mail.subject}`);
      if (mail.text.includes(alertName) && /resolved/i.test(mail.subject)) told.mail = true;
      end();
    },
  };
}
