// Rules of files are taken over between two turns, all at once. What follows from the new rules alone is prepared before
// that, in slices beside the turns, so that ten thousand rules hold up nobody; what changed meanwhile is prepared again.
import type { Problem, Rule } from '../../rules/types.ts';
import type { Clock } from '../clock.ts';
import { dependenciesOf } from '../pipeline/inhibition.ts';
import type { PipelineInput } from '../pipeline/input.ts';
import { atOnce, nextSlice, type Sliced } from '../slices.ts';
import type { Coverage } from './coverage.ts';
import { byMetricOf, type MetricRules } from './metric-rules.ts';
import { type RecallPorts, recallOccurrences } from './recall-occurrences.ts';
import type { RunningRules } from './rule-book.ts';
import type { RuleVersions } from './rule-versions.ts';
import type { Tenant } from './tenant.ts';

/** By tenant. */
export type FileRules = ReadonlyMap<string, readonly Rule[]>;

/** What follows from the rules of a tenant alone, as long as those of the API stay as they are. */
interface Prepared {
  readonly running: RunningRules;
  readonly byMetric: ReadonlyMap<string, MetricRules>;
  readonly dependencies: string;
}

export interface ReloadPorts extends RecallPorts {
  readonly clock: Clock;
  readonly coverage: Coverage;
  readonly versions: RuleVersions;
  /** Those that there are. */
  readonly tenants: () => readonly Tenant[];
  /** The tenant; made when it is new. */
  readonly ensureTenant: (name: string) => Tenant;
  /** The engine's own work, for the turns that follow. */
  readonly enqueue: (tenant: Tenant, inputs: readonly PipelineInput[]) => void;
  /** There is something to do for a turn. */
  readonly schedule: () => void;
}

export class RuleReloads {
  readonly #ports: ReloadPorts;
  /** Rules that are not taken because rules of the API have their names. */
  #refused: FileRules | null = null;
  /** The preparation that is under way. */
  #preparing: Sliced<ReadonlyMap<Tenant, Prepared>> | null = null;

  constructor(ports: ReloadPorts) {
    this.#ports = ports;
  }

  /** Prepares the rules and takes them over at once. See `Engine.setRules`. */
  set(rules: FileRules): readonly Problem[] {
    this.stop();
    return this.#take(rules, new Map());
  }

  /** The same in slices. See `Engine.reloadRules`. */
  begin(rules: FileRules, done: (problems: readonly Problem[]) => void): void {
    for (const name of rules.keys()) this.#ports.ensureTenant(name);
    const preparing = this.#prepare(rules);
    this.#preparing = preparing;
    const goOn = (): void => {
      if (this.#preparing !== preparing) return;
      const prepared = nextSlice(preparing);
      if (prepared === null) {
        this.#ports.clock.soon(goOn);
        return;
      }
      this.#preparing = null;
      done(this.#take(rules, prepared.result));
    };
    this.#ports.clock.soon(goOn);
  }

  /** Lets go of what is being prepared. */
  stop(): void {
    this.#preparing = null;
  }

  /** Changes of rules of the API are stored: they run, and so do rules of files whose names are free now. */
  ruled(tenants: ReadonlySet<Tenant>): void {
    for (const { book } of tenants) book.committed();
    const refused = this.#refused;
    if (refused !== null && this.#take(refused, new Map()).length === 0) {
      this.#ports.log.info('rules.loaded', { reason: 'their names are free' });
      return;
    }
    const now = this.#ports.clock.now();
    for (const tenant of tenants) this.#apply(tenant, preparedOf(tenant.book.running), now);
  }

  *#prepare(rules: FileRules): Sliced<ReadonlyMap<Tenant, Prepared>> {
    const prepared = new Map<Tenant, Prepared>();
    for (const tenant of [...this.#ports.tenants()]) {
      yield 1;
      const running = yield* tenant.book.with(rules.get(tenant.name) ?? []);
      const byMetric = yield* tenant.pairs.prepare(running.rules);
      prepared.set(tenant, { running, byMetric, dependencies: dependencies(running.rules) });
    }
    return prepared;
  }

  #take(rules: FileRules, prepared: ReadonlyMap<Tenant, Prepared>): readonly Problem[] {
    for (const name of rules.keys()) this.#ports.ensureTenant(name);
    const tenants = this.#ports.tenants();
    const problems = tenants.flatMap(({ name, book }) => book.clashes(rules.get(name) ?? []));
    this.#refused = problems.length > 0 ? rules : null;
    if (problems.length > 0) return problems;
    const { clock, versions, schedule } = this.#ports;
    const now = clock.now();
    for (const tenant of tenants) {
      const { book, name } = tenant;
      const known = prepared.get(tenant);
      const ready =
        known !== undefined && book.current(known.running)
          ? known
          : preparedOf(atOnce(book.with(rules.get(name) ?? [])));
      book.take(ready.running);
      this.#apply(tenant, ready, now);
    }
    for (const { name, rules: running } of tenants) versions.note(name, running, now);
    schedule();
    return [];
  }

  #apply(tenant: Tenant, { running, byMetric, dependencies: said }: Prepared, now: number): void {
    const { pipeline, pairs, grid } = tenant;
    const { coverage, enqueue } = this.#ports;
    const before = dependencies(pipeline.rules.values());
    pipeline.rules = running.byName;
    if (said !== before) enqueue(tenant, [{ kind: 'dependencies' }]);
    pairs.replace(byMetric, pipeline, now);
    grid.setRules(running.rules, pipeline, now);
    recallOccurrences(tenant, this.#ports, now);
    const orphans = coverage.cover(tenant, now, false);
    if (orphans) enqueue(tenant, [orphans]);
  }
}

/** At once, of few rules or because there is no time for more. */
function preparedOf(running: RunningRules): Prepared {
  const { rules } = running;
  return { running, byMetric: atOnce(byMetricOf(rules)), dependencies: dependencies(rules) };
}

const dependencies = (rules: Iterable<Rule>): string => JSON.stringify(dependenciesOf(rules));
