// What a webhook receives: JSON within its bound, with the labels as they are and every alert counted.
import type { AlertMessage, MessageAlert } from '../../../../channels/message.ts';
import { shorterMessage } from '../../../../channels/shorter.ts';
import { batchBody, bytesInBatch } from '../../../../channels/webhook-batch.ts';
import { webhookBody } from '../../../../channels/webhook-body.ts';
import { messageInput, messageOf, textsOf } from '../messages.ts';
import { claim, pureTarget, quoted } from '../target.ts';

const loneSurrogate = /\p{Cs}/u;
/** Small, so that messages meet it; the channel's own is a MiB. */
const maxBytes = 48 * 1024;
const maxAlerts = 50;

interface Body {
  readonly data: {
    readonly alerts: readonly Pick<MessageAlert, 'id' | 'labels' | 'annotations'>[];
    readonly truncated: number;
    readonly groupLabels: Readonly<Record<string, string>>;
  };
}

export const webhook = pureTarget({
  name: 'webhook',
  holds:
    'valid JSON within maxBytes, labels as they were, no alert uncounted, no half letter that was not there; alone, in short and in a batch',
  weight: 2,
  input: messageInput,
  check(input) {
    const message = messageOf(input);
    const bodies = [message, shorterMessage(message)].map((one) => bodyOf(one, message));
    const batch = bodies.map((payload, i) => ({ payload, deliveryId: `d${i}`, attempt: 1 }));
    const { data } = JSON.parse(batchBody(batch, message.at)) as {
      data: { deliveries: { id: string; body: unknown }[] };
    };
    claim(
      data.deliveries.length === bodies.length,
      `${data.deliveries.length} of ${bodies.length} in the batch`,
    );
    for (const [i, { id, body }] of data.deliveries.entries()) {
      claim(
        id === `d${i}` && JSON.stringify(body) === JSON.stringify(JSON.parse(bodies[i]!)),
        'another message',
      );
    }
    const room = batch.reduce((sum, { payload }) => sum + bytesInBatch(payload), 0);
    claim(
      Buffer.byteLength(batchBody(batch, message.at)) <= room,
      'a batch that takes more than its parts said',
    );
  },
});

function bodyOf(message: AlertMessage, whole: AlertMessage): string {
  const text = webhookBody(message, { maxAlerts, maxBytes });
  claim(Buffer.byteLength(text) <= maxBytes, `${Buffer.byteLength(text)} bytes`);
  const { data } = JSON.parse(text) as Body;
  const total = data.alerts.length + data.truncated;
  claim(total === whole.alerts.length + whole.truncated, `${total} alerts in all`);
  for (const [i, { id, labels }] of data.alerts.entries()) {
    const alert = message.alerts[i]!;
    claim(
      id === alert.id && JSON.stringify(labels) === JSON.stringify(alert.labels),
      () => `labels of ${quoted(id)}`,
    );
  }
  const broken = new Set(textsOf(whole).filter((one) => loneSurrogate.test(one)));
  const halves = textsOf(data).filter((one) => loneSurrogate.test(one) && !broken.has(one));
  const cutOf = (half: string) =>
    [...broken].some((one) => half.endsWith('…') && one.startsWith(half.slice(0, -1)));
  for (const half of halves) claim(cutOf(half), () => `half a letter: ${quoted(half.slice(-20))}`);
  return text;
}
