// What the patterns recognise in the alerts of a replay, told to the rules that count findings: as the analyses of the
// running program do it, behind the commits, on the clock of the replay. The same commits give the same findings.
import type { PatternName } from '../../analysis/patterns/pattern.ts';
import type { AlertNews, AlertSignal, Edge } from '../../analysis/signals.ts';
import { createTopology, observeTopology, type Topology } from '../../analysis/topology/index.ts';
import { parseSeverity } from '../../rules/severity.ts';
import type { Labels } from '../../rules/types.ts';
import { signalOf } from '../analyses/alert-signal.ts';
import type { AnalysisContext } from '../analyses/analyser.ts';
import { idFromAlert, idFromFinding } from '../analyses/id-from-alert.ts';
import { PatternAnalyser } from '../analyses/pattern-analyser.ts';
import type { Clock } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { StoredAlerts } from '../engine/turn.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import { alertNewsKind } from '../store/alert-news.ts';
import type { CommittedEvent, Occurrence } from '../store/store.ts';

/** What happens within this span is looked at together, and time that passes is made known this often: as there. */
const gatherMs = 200;
const tickMs = 10_000;

/** A finding that a test states. */
export interface StatedFinding {
  readonly pattern: PatternName;
  /** 0 … 1. */
  readonly confidence: number;
  /** Labels that all its alerts share. */
  readonly scope: Labels;
}

interface Watch {
  readonly topology: Topology;
  readonly analyser: PatternAnalyser;
  waiting: AlertNews[];
  armed: boolean;
}

export interface FoundPatternsPorts {
  readonly engine: Pick<Engine, 'submitAnalysis' | 'tenant'>;
  readonly clock: Clock;
  readonly newId: () => string;
  /** The alert as it is now. */
  readonly alert: (tenant: string, id: string) => AlertRow | null;
  /** What people declared of who depends on whom. */
  readonly edges: readonly Edge[];
  readonly failed: (error: unknown) => void;
}

export class FoundPatterns {
  readonly #ports: FoundPatternsPorts;
  readonly #watches = new Map<string, Watch>();

  constructor(ports: FoundPatternsPorts) {
    this.#ports = ports;
    this.#armTick();
  }

  /** Hears of a commit. */
  see(events: readonly CommittedEvent[], alerts: StoredAlerts): void {
    for (const { row } of events) {
      const { tenant, subjectId, at } = row;
      const kind = alertNewsKind(row.subjectKind, row.kind);
      if (kind === null) continue;
      const alert = alerts(tenant, subjectId) ?? this.#ports.alert(tenant, subjectId);
      if (alert === null || this.#isOfFindings(alert)) continue;
      this.#takeIn(tenant, {
        kind,
        alert: signalOf(alert, kind === 'resolved' ? at : null, at),
        seenAt: at,
      });
    }
  }

  /** A recorded event occurred now; of it nothing but its labels is known. */
  occurred(tenant: string, { labels, at }: Occurrence): void {
    const { severity: word = '', ...others } = labels;
    const name = labels.alertname ?? '';
    const alert: AlertSignal = {
      ...{ id: this.#ports.newId(), key: `event:${JSON.stringify(others)}`, name, labels },
      ...{ severity: parseSeverity(word) ?? 'info', text: '', at, endedAt: at },
    };
    this.#takeIn(tenant, { kind: 'fired', alert, seenAt: this.#ports.clock.now() });
  }

  /** Says what a test states, as if it had been recognised now. */
  state(tenant: string, { pattern, confidence, scope }: StatedFinding): void {
    const now = this.#ports.clock.now();
    const key = `${pattern}/stated ${JSON.stringify(scope)}`;
    const id = idFromFinding({
      ...{ pattern, key, from: now, to: now, foundAt: now, confidence },
      ...{ alerts: [], figures: {}, scope },
    });
    const row = {
      ...{ tenant, id, pattern, key, from: now, to: now, foundAt: now, updatedAt: now },
      ...{ confidence, scope, alerts: [], figures: {} },
    };
    this.#tell(tenant, [{ put: 'finding', row }]);
  }

  /** What a rule says of a finding is none of the alerts that findings are about. */
  #isOfFindings({ tenant, rule }: AlertRow): boolean {
    return rule !== null && this.#ports.engine.tenant(tenant)?.pipeline.rules.get(rule)?.type === 'pattern';
  }

  #takeIn(tenant: string, news: AlertNews): void {
    let watch = this.#watches.get(tenant);
    if (watch === undefined) {
      const { edges } = this.#ports;
      watch = {
        ...{ topology: createTopology(edges), analyser: new PatternAnalyser(null) },
        ...{ waiting: [], armed: false },
      };
      this.#watches.set(tenant, watch);
    }
    watch.waiting.push(news);
    if (!watch.armed) this.#arm(tenant, watch);
  }

  #arm(tenant: string, watch: Watch): void {
    const { clock } = this.#ports;
    watch.armed = true;
    clock.at(clock.now() + gatherMs, () => {
      watch.armed = false;
      const news = watch.waiting;
      watch.waiting = [];
      for (const one of news) {
        observeTopology(watch.topology, one);
        watch.analyser.observe(one, this.#context(tenant, watch));
      }
      this.#tell(tenant, watch.analyser.flush(this.#context(tenant, watch)));
    });
  }

  #armTick(): void {
    const { clock } = this.#ports;
    clock.at(clock.now() + tickMs, () => {
      for (const [tenant, watch] of this.#watches) {
        if (watch.waiting.length > 0) continue;
        watch.analyser.tick(clock.now(), this.#context(tenant, watch));
        this.#tell(tenant, watch.analyser.flush(this.#context(tenant, watch)));
      }
      this.#armTick();
    });
  }

  #context(tenant: string, { topology }: Watch): AnalysisContext {
    return { tenant, graph: topology.graph, newId: this.#ports.newId, idFrom: idFromAlert };
  }

  #tell(tenant: string, effects: readonly Effect[]): void {
    if (effects.length === 0) return;
    const decide = () => ({ effects, answer: { status: 200, body: null } });
    this.#ports.engine
      .submitAnalysis(tenant, { idempotency: null, decide }, true)
      .catch((error: unknown) => this.#ports.failed(error));
  }
}
