// One tenant behind the first door alone, on a clock of its own: what is said when, and why not, without a store and
// without channels.
import { labelSet } from '../../rules/labels.ts';
import { parseMatcher } from '../../rules/matchers.ts';
import { priorityOf } from '../../rules/severity.ts';
import { isSyntaxProblem } from '../../rules/syntax-problem.ts';
import type { Labels, Matcher, Rule, Severity } from '../../rules/types.ts';
import type { EscalationPolicy } from '../pipeline/escalation.ts';
import type { FlappingConfig } from '../pipeline/flaps.ts';
import { dueAtOf } from '../pipeline/group.ts';
import { subjectOf } from '../pipeline/identify.ts';
import { emptyResult, type PipelineInput, type Reminder, type StepResult } from '../pipeline/input.ts';
import { loadPipeline } from '../pipeline/load.ts';
import type { InhibitRule, Receiver, Route, RoutingConfig } from '../pipeline/routing.ts';
import type { AlertRow, EventRow, SilenceRow } from '../pipeline/rows.ts';
import { emptyPipelineState, type PipelineState } from '../pipeline/state.ts';
import { step } from '../pipeline/step.ts';
import type { StormConfig } from '../pipeline/storm.ts';
import { aReceiver, aRoute, aRule } from './builders.ts';
import { StoredRows } from './stored-rows.ts';

export const storyBegan = 1_700_000_000_000;

export interface PipelineStoryOptions {
  readonly rules?: readonly Rule[];
  readonly route?: Partial<Route>;
  readonly receivers?: readonly Partial<Receiver>[];
  readonly inhibit?: readonly InhibitRule[];
  readonly remindBeforeMs?: number;
  readonly flapping?: FlappingConfig;
  readonly timeZone?: string;
  readonly storm?: StormConfig;
  readonly administrator?: string;
  readonly escalations?: readonly EscalationPolicy[];
}

/** Reads matchers that a test writes. */
export function matchersIn(...texts: string[]): Matcher[] {
  return texts.map((text) => {
    const parsed = parseMatcher(text);
    if (isSyntaxProblem(parsed)) throw new Error(`${text}: ${parsed.problem}`);
    return parsed;
  });
}

export class PipelineStory {
  now = storyBegan;
  state: PipelineState;
  /** `<seconds> <receiver> <reason>: <alert> <status>, …` of what changed. */
  readonly said: string[] = [];
  readonly results: StepResult[] = [];
  readonly stored = new StoredRows();
  readonly #rules: ReadonlyMap<string, Rule>;
  readonly #firings: { key: string; at: number }[] = [];
  readonly #came: number[] = [];
  readonly #reminders = new Map<object, Reminder>();
  #ids = 0;

  constructor(options: PipelineStoryOptions = {}) {
    const rules = options.rules ?? [aRule()];
    const receivers = (options.receivers ?? [{}]).map(aReceiver);
    const routing: RoutingConfig = {
      route: aRoute(options.route),
      receivers: new Map(receivers.map((receiver) => [receiver.name, receiver])),
      inhibit: options.inhibit ?? [],
      remindBeforeMs: options.remindBeforeMs ?? null,
      flapping: options.flapping ?? null,
      timeZone: options.timeZone ?? 'UTC',
      storm: options.storm ?? null,
      administrator: options.administrator ?? null,
      escalations: new Map((options.escalations ?? []).map((policy) => [policy.name, policy])),
    };
    this.#rules = new Map(rules.map((rule) => [rule.name, rule]));
    this.state = emptyPipelineState('default', routing, this.#rules, () => this.#id());
  }

  #id(): string {
    this.#ids += 1;
    return `id-${String(this.#ids).padStart(6, '0')}`;
  }

  do(input: PipelineInput): StepResult {
    return this.#heard(step(this.state, input, this.now));
  }

  #heard(out: StepResult): StepResult {
    this.results.push(out);
    this.stored.store(out.effects);
    for (const reminder of out.reminders) this.#reminders.set(reminder.owner, reminder);
    for (const { kind, reason, at } of eventsOf(out))
      if (kind === 'alert.firing' || (kind === 'event.received' && reason === null)) this.#came.push(at);
    for (const { kind, subjectId } of eventsOf(out))
      if (kind === 'alert.firing')
        this.#firings.push({ key: this.state.alerts.get(subjectId)!.key, at: this.now });
    for (const { message } of out.notifications) {
      const changed = message.alerts
        .filter(({ id }) => message.changed.includes(id))
        .map(({ labels, status }) => `${nameOf(labels)} ${status}`);
      const what = changed.join(', ') || 'nothing new';
      this.said.push(`${(this.now - storyBegan) / 1_000} ${message.receiver} ${message.reason}: ${what}`);
    }
    return out;
  }

  /** A rule's verdict about a host; `severity` of a rule with levels. */
  verdict(host: string, verdict: boolean, rule = 'HighCpu', severity?: Severity): StepResult {
    const found = this.#rules.get(rule)!;
    return this.do({
      kind: 'verdict',
      rule: found,
      subject: subjectOf(found, labelSet({ host })),
      verdict: verdict ? 'true' : 'false',
      ...(severity !== undefined && { severity }),
      value: verdict ? 90 : 10,
      sampleAt: this.now,
      cause: 'sample',
    });
  }

  event(message: string, labels: Record<string, string> = {}, severity: Severity = 'warning'): StepResult {
    return this.do({
      kind: 'event',
      source: 'api',
      type: 'deploy',
      message,
      impact: null,
      severity,
      priority: priorityOf(severity),
      category: 'system',
      labels: labelSet(labels),
      recipients: [],
      dedupKey: null,
      occurredAt: this.now,
      actor: null,
      classifiedBy: null,
    });
  }

  /** Somebody silences what the matchers take, from now for `ms`; answers the id. */
  silence(ms: number, matcher: string): string {
    return this.putSilence(null, this.now, this.now + ms, matcher);
  }

  putSilence(
    id: string | null,
    startsAt: number,
    endsAt: number,
    matcher: string,
    recurs: SilenceRow['recurs'] = null,
  ): string {
    const { answer } = this.do({
      kind: 'silence.put',
      id,
      matchers: matchersIn(matcher).map(({ name, op, value }) => ({ name, op, value })),
      startsAt,
      endsAt,
      recurs,
      comment: 'maintenance',
      createdBy: 'key:ann',
      actor: 'key:ann',
    });
    if (answer.kind !== 'silence') throw new Error(JSON.stringify(answer));
    return answer.silence.id;
  }

  /** Lets time pass; groups and silences are served at their deadlines. */
  advance(ms: number): this {
    const until = this.now + ms;
    for (;;) {
      const next = this.#next();
      if (next === null || next.at > until) break;
      this.now = Math.max(this.now, next.at);
      if (next.input.kind !== 'due') this.#forget(next.input);
      this.do(next.input);
    }
    this.now = until;
    return this;
  }

  #next(): { at: number; input: PipelineInput } | null {
    const all: { at: number; input: PipelineInput }[] = [];
    for (const { at, input } of this.#reminders.values()) if (at !== null) all.push({ at, input });
    for (const group of this.state.groups.values()) {
      const at = dueAtOf(group);
      if (at !== null) all.push({ at, input: { kind: 'due', groupKey: group.row.groupKey } });
    }
    return all.sort((a, b) => a.at - b.at)[0] ?? null;
  }

  #forget(input: PipelineInput): void {
    for (const [owner, reminder] of this.#reminders)
      if (reminder.input === input) this.#reminders.delete(owner);
  }

  /** What was stored is all that is left. */
  restart(routing: RoutingConfig = this.state.routing): void {
    this.#reminders.clear();
    const { storm } = routing;
    const after = this.now - (storm?.withinMs ?? 0);
    const rows = {
      ...this.stored.load(),
      ...(routing.flapping && { firings: [...this.#firings] }),
      ...(storm && { came: this.#came.filter((at) => at > after) }),
    };
    const out = emptyResult();
    this.state = loadPipeline('default', rows, routing, this.#rules, () => this.#id(), this.now, out);
    this.#heard(out);
  }

  /** `<kind>(<reason>)` of every event so far, or of those of a kind. */
  kinds(prefix = ''): string[] {
    return this.events(prefix).map(({ kind, reason }) => (reason === null ? kind : `${kind}(${reason})`));
  }

  events(prefix = ''): EventRow[] {
    return this.results.flatMap(eventsOf).filter(({ kind }) => kind.startsWith(prefix));
  }

  /**
   * Firing alerts that nobody would ever hear of again: neither is their group coming back to them, nor does something
   * hold them back whose end would.
   */
  forgotten(): AlertRow[] {
    return [...this.state.alerts.values()].filter(({ id, state }) => {
      if (state !== 'firing') return false;
      const keys = this.state.memberOf.get(id) ?? [];
      return keys.length === 0 || keys.some((key) => !this.#comesBack(key, id));
    });
  }

  #comesBack(key: string, id: string): boolean {
    const group = this.state.groups.get(key);
    if (group?.row.nextAt != null) return true;
    const held = group?.suppressed.get(id);
    const lives = (by: string) =>
      this.state.silences.get(by) !== undefined || this.state.alerts.get(by)?.state === 'firing';
    return held?.ids.some((by) => lives(by) && this.state.heldBy.get(by)?.has(key)) === true;
  }

  silenceRow(id: string): SilenceRow {
    return this.state.silences.get(id)!;
  }
}

function eventsOf({ effects }: StepResult): EventRow[] {
  return effects.flatMap((effect) => (effect.put === 'event' ? [effect.row] : []));
}

function nameOf(labels: Labels): string {
  return labels.host ?? labels.alertname ?? '';
}
