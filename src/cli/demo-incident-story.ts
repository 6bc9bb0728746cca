// What the incident of the demo looks like to people: messages in place of alerts, and what broke.
import type { IncidentPlan } from './demo-incident-plan.ts';

interface ShownHypothesis {
  readonly service: string;
  readonly category: string;
  readonly confidence: number;
  readonly evidence: readonly { readonly text: string }[];
}

/** The part of an answer of the API about incidents that is read. */
export interface ShownIncident {
  readonly id: string;
  readonly title: string;
  readonly alerts: number;
  readonly services: readonly string[];
  readonly cause: { readonly verdict: string; readonly hypotheses?: readonly ShownHypothesis[] } | null;
}

/** The part of the webhook's body that is read. */
interface Told {
  readonly alerts?: readonly { readonly labels?: Readonly<Record<string, string>> }[];
  readonly digest?: {
    readonly storm?: unknown;
    readonly kinds?: readonly { readonly name: string; readonly count: number }[];
  } | null;
  readonly analysis?: {
    readonly incident?: { readonly title: string } | null;
    readonly cause?: {
      readonly service: string;
      readonly category: string;
      readonly confidence: number;
    } | null;
  } | null;
}

export interface IncidentStory {
  begin(plan: Pick<IncidentPlan, 'truth' | 'alerts' | 'edges' | 'samples'>): void;
  say(text: string): void;
  sent(alerts: number): void;
  /** The body of a message to the webhook. */
  message(body: string): void;
  incident(shown: ShownIncident, truth: Pick<IncidentPlan['truth'], 'rootService' | 'category'>): void;
  /** How many came so far. */
  summaries(): number;
  /** Whether a summary named the cause. */
  named(): boolean;
  end(): void;
  /** What has not been seen: `a summary`, `the cause`, `a summary that names the cause`. */
  missing(): readonly string[];
}

const mostKinds = 4;
const percent = (share: number) => `${Math.round(share * 100)} %`;

/** A body of the webhook channel has the message in `data`. */
const dataOf = (body: { data?: Told }): Told => body.data ?? {};

/** Times are shown as seconds since the call; `now` in epoch milliseconds. */
export function createIncidentStory(options: {
  readonly print: (line: string) => void;
  readonly now: () => number;
}): IncidentStory {
  const startedAt = options.now();
  let sent = 0;
  let messages = 0;
  let summaries = 0;
  let cause = false;
  let named = false;
  const line = (text: string) => options.print(`           ${text}`);
  const say = (text: string) =>
    options.print(`  ${((options.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${text}`);

  return {
    say,
    begin({ alerts, edges, samples }) {
      options.print('Tocsin demo: one fault of a simulated system, and the storm of alerts that it makes.');
      options.print(
        `  ${alerts.length} alerts, ${edges.length} declared dependencies, ${samples.length} samples`,
      );
      options.print('  more than 20 alerts within a minute are a storm here: examples/demo/incident.yaml');
      options.print('');
    },
    sent(alerts) {
      sent += alerts;
    },
    message(body) {
      const { alerts = [], digest, analysis } = dataOf(JSON.parse(body));
      messages++;
      const names = [...new Set(alerts.map(({ labels }) => labels?.alertname ?? '?'))].join(', ');
      if (digest?.storm == null) say(`message ${messages}: ${names} (${alerts.length})`);
      else {
        summaries++;
        const kinds = digest.kinds ?? [];
        const total = kinds.reduce((sum, { count }) => sum + count, 0);
        say(`message ${messages}: a summary of ${total} alerts`);
        for (const { name, count } of kinds.slice(0, mostKinds)) line(`│ ${name}: ${count}`);
        if (kinds.length > mostKinds) line(`│ and ${kinds.length - mostKinds} other kinds`);
      }
      if (analysis?.incident) line(`│ Part of: ${analysis.incident.title}`);
      if (!analysis?.cause) return;
      const { service, category, confidence } = analysis.cause;
      line(`│ Probable cause: ${service}, ${category} (${percent(confidence)})`);
      if (digest?.storm != null) named = true;
    },
    incident({ title, alerts, services, cause: found }, truth) {
      say(`incident: ${title}; ${alerts} alerts of ${services.length} services (${services.join(', ')})`);
      const first = found?.hypotheses?.[0];
      if (found?.verdict !== 'found' || first === undefined) return;
      cause = true;
      say(`probable cause: ${first.service}, ${first.category} (${percent(first.confidence)}), because`);
      for (const { text } of first.evidence.slice(0, 2)) line(`- ${text}`);
      const right = first.service === truth.rootService;
      const same = first.category === truth.category ? '' : `, though the category is ${truth.category}`;
      line(
        right
          ? `That is true${same}: the simulator broke ${truth.rootService}.`
          : `That is wrong: the simulator broke ${truth.rootService} (${truth.category}).`,
      );
    },
    summaries: () => summaries,
    named: () => named,
    end() {
      options.print('');
      options.print(`${sent} alerts came; ${messages} messages went out, ${summaries} of them summaries.`);
    },
    missing: () => [
      ...(summaries > 0 ? [] : ['a summary']),
      ...(cause ? [] : ['the cause']),
      ...(named ? [] : ['a summary that names the cause']),
    ],
  };
}
