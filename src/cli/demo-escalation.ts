// The escalation of the demo, one readable line for each thing that happens to it. It is seen to its end when the
// notification of a step was confirmed by a pressed key and the escalation is paused for that.
import type { EventRow } from '../pipeline/rows.ts';

export interface EscalationTellerOptions {
  readonly say: (what: string, text: string) => void;
  /** Somebody who was called has confirmed, and nobody else is called. Called once. */
  readonly confirmed: () => void;
}

/** Takes events of groups and of notifications, in their order; others are left alone. */
export function escalationTeller({
  say,
  confirmed,
}: EscalationTellerOptions): (row: Pick<EventRow, 'subjectId' | 'kind' | 'reason' | 'body'>) => void {
  const steps = new Set<unknown>();
  const missing = new Set(['confirmed', 'paused']);
  const seen = (part: string) => {
    if (missing.delete(part) && missing.size === 0) confirmed();
  };
  return ({ subjectId, kind, reason, body }) => {
    switch (kind) {
      case 'escalation.armed':
        say('armed', `unless somebody confirms, the escalation ${String(body.policy)} tells the next ones`);
        return;
      case 'escalation.step': {
        steps.add(body.notificationId);
        const to = (body.to as readonly string[]).join(', ');
        say('step', `nobody has confirmed: step ${String(body.step)} of ${String(body.of)} tells ${to}`);
        return;
      }
      case 'escalation.paused':
        say('paused', `the escalation waits (${String(reason)}): nobody else is told`);
        if (steps.size > 0 && reason === 'acknowledged') seen('paused');
        return;
      case 'escalation.ended':
        say('ended', `the escalation is over (${String(reason)})`);
        return;
      case 'notification.confirmed':
        if (!steps.has(subjectId)) return;
        say('confirmed', `by ${String(body.recipient ?? body.name ?? 'somebody')} (${String(reason)})`);
        if (reason === 'key_press') seen('confirmed');
    }
  };
}
