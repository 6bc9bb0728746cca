// The same message in short, for a receiver that found the whole one too large: the few alerts that matter most, with
// short texts. What is left out is counted, as in every message that holds more than a channel takes.
import { cut } from './cut.ts';
import type { AlertMessage, MessageAlert } from './message.ts';

const alertsKept = 5;
const longestText = 200;

/** Pure. Alerts that are news come first, as in the whole message. */
export function shorterMessage(message: AlertMessage): AlertMessage {
  const alerts = message.alerts.slice(0, alertsKept).map(shorterAlert);
  const kept = new Set(alerts.map(({ id }) => id));
  return {
    ...message,
    alerts,
    changed: message.changed.filter((id) => kept.has(id)),
    truncated: message.truncated + message.alerts.length - alerts.length,
  };
}

function shorterAlert(alert: MessageAlert): MessageAlert {
  const annotations = Object.entries(alert.annotations)
    .slice(0, alertsKept)
    .map(([name, text]) => [name, cut(text, longestText)]);
  return { ...alert, annotations: Object.fromEntries(annotations) as MessageAlert['annotations'] };
}
