// Lines about what held the alert back: silences, with who made and changed them, and the alerts that inhibited it.
import type { StoredEvent } from '../store/rows.ts';
import type { AlertFacts } from './facts.ts';
import { nameText, type Say, whoText } from './say.ts';
import type { TimelineEntry } from './timeline-entry.ts';

export function holderLines(facts: AlertFacts, say: Say): readonly TimelineEntry[] {
  const lines: TimelineEntry[] = [];
  for (const event of facts.silenceEvents) {
    const text = silenceText(facts, event, say);
    if (text === null) continue;
    const { at, kind: what, actor, subjectId, body } = event;
    lines.push({ at, what, text, actor, details: { silence_id: subjectId, ...body } });
  }
  for (const { id, labels, firedAt, resolvedAt } of facts.sources.values()) {
    const source = nameText(labels);
    const details = { alert_id: id };
    const line = { actor: null, details };
    const { inhibitorFires, inhibitorEnds } = say.t.source;
    if (firedAt !== null)
      lines.push({ ...line, at: firedAt, what: 'inhibition.began', text: inhibitorFires({ source }) });
    if (resolvedAt !== null)
      lines.push({ ...line, at: resolvedAt, what: 'inhibition.ended', text: inhibitorEnds({ source }) });
  }
  return lines;
}

function silenceText(facts: AlertFacts, event: StoredEvent, say: Say): string | null {
  const { at, kind, actor, body, subjectId } = event;
  const { source } = say.t;
  const by = whoText(actor ?? facts.silences.get(subjectId)?.createdBy ?? null, say);
  const { matchers, comment, startsAt, endsAt } = body;
  const said = {
    by,
    matchers: matchersText(matchers),
    until: typeof endsAt === 'number' ? say.timeBeside(endsAt, at) : '–',
    comment: typeof comment === 'string' ? comment : '',
  };
  switch (kind) {
    case 'silence.created': {
      const later = typeof startsAt === 'number' && startsAt > at;
      return source.silenceMade({ ...said, from: later ? say.timeBeside(startsAt, at) : null });
    }
    case 'silence.changed':
      return source.silenceChanged(said);
    case 'silence.expired':
      return source.silenceTakenBack({ by });
    case 'silence.ended':
      return source.silenceEnded({ by });
    default:
      return null;
  }
}

/** `{host="a", env=~"prod|stage"}`. */
function matchersText(matchers: unknown): string {
  if (!Array.isArray(matchers)) return '{}';
  const texts = (matchers as { name: string; op: string; value: string }[]).map(
    ({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`,
  );
  return `{${texts.join(', ')}}`;
}
