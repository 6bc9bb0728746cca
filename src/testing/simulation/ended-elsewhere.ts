// The oracle of escalations that end because another group tells the same people from now on: one with steps to take does
// so only where that group is escalated otherwise, or takes steps of its own. One that is over there leaves none out.
import type { EscalationPolicy } from '../../pipeline/escalation.ts';
import type { EventRow, GroupRow } from '../../pipeline/rows.ts';
import { type EscalationRuns, isOver, placeOf, type Run } from './escalation-runs.ts';
import type { OpenAlerts } from './open-alerts.ts';
import { toldAt } from './routes.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

export class EndedElsewhere {
  readonly #world: World;
  readonly #runs: EscalationRuns;
  readonly #alerts: OpenAlerts;
  readonly #policyOf: (groupId: string) => EscalationPolicy | null;
  /** The alerts that became more or less urgent at the last such moment. */
  #moved = { at: 0, ids: new Set<string>() };

  constructor(
    world: World,
    runs: EscalationRuns,
    alerts: OpenAlerts,
    policyOf: (groupId: string) => EscalationPolicy | null,
  ) {
    this.#world = world;
    this.#runs = runs;
    this.#alerts = alerts;
    this.#policyOf = policyOf;
  }

  onEvent({ kind, subjectId, at }: EventRow): void {
    if (kind !== 'alert.severity_changed') return;
    if (this.#moved.at !== at) this.#moved = { at, ids: new Set() };
    this.#moved.ids.add(subjectId);
  }

  /**
   * The group's escalation ended for another group. Of groups beside it that are escalated otherwise it is not known which one
   * the heir was.
   */
  check(run: Run, group: GroupRow, at: number): void {
    if (isOver(run) || this.#runs.goesOnBeside(run)) return;
    const { name } = run.policy;
    const beside = [...this.#world.journal.groups.values()].filter(
      (other) => other.id !== group.id && placeOf(other) === run.place,
    );
    if (beside.some(({ id }) => this.#policyOf(id)?.name !== name) || this.#isCollected(group, at)) return;
    const heir = beside.find((other) => {
      const own = this.#runs.get(other.id);
      const isOwn = other.escalation?.policy === name && other.escalation.startedAt === own?.startedAt;
      return own && isOver(own) && isOwn && this.#movedTo(other, at);
    });
    if (heir === undefined) return;
    const left = `step ${run.next + 1} of round ${run.round}`;
    throw new Violation(
      'I9',
      `${group.id} ended (routed_elsewhere) before ${left}, and ${heir.id}, which tells the same people, had taken its last one`,
      this.#world.clock.now(),
    );
  }

  /** An alert of the group has moved at this moment; where the tree has changed instead, something fires in it. */
  #movedTo(group: GroupRow, at: number): boolean {
    const open = this.#alerts.of(group, at);
    return this.#moved.at === at ? open.some(({ row }) => this.#moved.ids.has(row.id)) : open.length > 0;
  }

  /** What was told there may be in a digest of the same people from this moment on, or in the summary of a storm. */
  #isCollected({ tenant, receiver }: GroupRow, at: number): boolean {
    const { journal, routing } = this.#world;
    const collected = [...journal.groups.values()].filter(
      (one) => one.tenant === tenant && one.receiver === receiver && / digest | storm$/.test(one.route),
    );
    if (this.#moved.at !== at || collected.some(({ route }) => route.endsWith(' storm')))
      return collected.length > 0;
    return [...this.#moved.ids].some((id) => {
      const { labels, effectiveSeverity: severity } = journal.alerts.get(id)!.row;
      const places = toldAt(routing, { ...labels, severity });
      return places.some((place) => place.digest !== null && place.receiver === receiver);
    });
  }
}
