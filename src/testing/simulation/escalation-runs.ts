// The oracle's knowledge of which group has which escalation: where another group of the same people goes on with one, it
// is that one's from then on. What a commit holds of a group is how it ends, and stands before the events and messages of
// the same moment: who goes on with what may be certain by an event alone.
import { canonicalLabels } from '../../../rules/labels.ts';
import type { EscalationPolicy } from '../../pipeline/escalation.ts';
import type { GroupRow } from '../../pipeline/rows.ts';
import type { World } from './world.ts';

/** Where the escalation of a group must be. */
export interface Run {
  readonly tenant: string;
  /** Whom it tells, and of what. */
  readonly place: string;
  readonly policy: EscalationPolicy;
  readonly startedAt: number;
  groupId: string;
  round: number;
  /** Index of the next step; as many as there are steps: it is over. */
  next: number;
  /** The next step is not due before. */
  earliest: number;
  /** So long one of the alerts was nobody's, since the step before was due. At least. */
  openMs: number;
  /** When that was as long as the delay. */
  ripeAt: number | null;
  /** When it was looked at, and how the alerts were held then. */
  seenAt: number;
  seen: 'open' | 'acknowledged' | 'other';
  pausedBy: string | null;
  pausedAt: number;
  /** When the last step of a round was taken. */
  overAt: number;
  /** It was said that no step is left. */
  exhausted: boolean;
}

export const placeOf = ({ tenant, receiver, labels }: GroupRow) =>
  `${tenant} ${receiver} ${canonicalLabels(labels)}`;

export const isOver = ({ next, policy }: Run): boolean => next >= policy.steps.length;

export class EscalationRuns {
  readonly #world: World;
  readonly #onHandOver: (from: string, heir: string) => void;
  /** By group. One that is over stays, for who was told. */
  readonly #runs = new Map<string, Run>();
  /** Of groups that are closed, by whom they told: another one ends it in the same commit. */
  readonly #orphans = new Map<string, Run>();
  /** Group → the one that may go on with its escalation. */
  readonly #heirs = new Map<string, string>();
  /** Groups whose receiver was told that something fires. */
  readonly #told = new Set<string>();
  /** Group → when its escalation became another's; `to`: whose, null: it ended for what is another's. */
  readonly #parted = new Map<string, { readonly at: number; readonly to: string | null }>();

  constructor(world: World, onHandOver: (from: string, heir: string) => void) {
    this.#world = world;
    this.#onHandOver = onHandOver;
  }

  get(groupId: string): Run | undefined {
    return this.#runs.get(groupId);
  }

  values(): Iterable<Run> {
    return this.#runs.values();
  }

  /** Those of groups that are closed, and that nobody has ended since. */
  orphans(): Iterable<Run> {
    return this.#orphans.values();
  }

  /** The one that is not over; undefined: there is none. */
  live(groupId: string): Run | undefined {
    this.#takeUp(groupId);
    const run = this.#runs.get(groupId);
    return run === undefined || isOver(run) ? undefined : run;
  }

  /** Whether another one of the same people goes on, be it that nobody is known yet who has it. */
  goesOnBeside(run: Run): boolean {
    return [...this.#runs.values(), ...this.#orphans.values()].some(
      (other) => other !== run && other.place === run.place && !isOver(other),
    );
  }

  /** Whether a group of the same people is closed and nobody has ended its escalation yet: it is this one's then. */
  goesOnWithClosed(groupId: string): boolean {
    const group = this.#world.journal.groups.get(groupId);
    return group !== undefined && this.#orphans.has(placeOf(group));
  }

  /** The one that the group had before its escalation begins anew. */
  before(groupId: string): Run | undefined {
    // Another one goes on with what it had.
    if (this.#heirs.has(groupId)) this.#handOver(groupId);
    this.#forgetHeir(groupId);
    return this.#runs.get(groupId);
  }

  begin(run: Run): void {
    this.#runs.set(run.groupId, run);
  }

  /** The one whose end this is: the group's, or that of one that is closed. */
  ending(groupId: string): Run | undefined {
    this.#takeUp(groupId);
    return this.#runs.get(groupId);
  }

  end(groupId: string): void {
    this.#runs.delete(groupId);
  }

  /** Its alerts are another group's, and its escalation nobody's. */
  part(groupId: string, at: number): void {
    this.#parted.set(groupId, { at, to: null });
  }

  partedAt(groupId: string): number | undefined {
    return this.#parted.get(groupId)?.at;
  }

  /** Its receiver was told that something fires; so it was for whoever has gone on with its escalation at that moment. */
  told(groupId: string, at: number): void {
    this.#told.add(groupId);
    const parted = this.#parted.get(groupId);
    if (parted?.at === at && parted.to !== null) this.#told.add(parted.to);
  }

  wasTold(groupId: string): boolean {
    return this.#told.has(groupId);
  }

  /** Another group tells the same people from now on, perhaps: it is certain once the first one lets it go. */
  stored(row: GroupRow): void {
    const { escalation } = row;
    if (escalation == null) {
      this.#handOver(row.id);
      return;
    }
    // Of no policy: it only knows whom steps elsewhere have told.
    if (escalation.policy === '' || this.#isOwn(row)) return;
    for (const run of this.#runs.values()) {
      if (run.tenant !== row.tenant || run.groupId === row.id || run.startedAt !== escalation.startedAt)
        continue;
      const from = this.#world.journal.groups.get(run.groupId);
      if (from === undefined || from.receiver !== row.receiver) continue;
      if (JSON.stringify(from.labels) !== JSON.stringify(row.labels)) continue;
      this.#heirs.set(run.groupId, row.id);
      // What a commit holds of a group is how it ends: the first one may have been stored without it before.
      if (from.escalation == null) this.#handOver(run.groupId);
    }
  }

  /** What began at the same moment is another's only where the group's own was over and this one is not. */
  #isOwn({ id, escalation }: GroupRow): boolean {
    const own = this.#runs.get(id);
    if (own?.startedAt !== escalation?.startedAt) return false;
    return own === undefined || !own.exhausted || escalation?.state === 'exhausted';
  }

  closed(groupId: string): void {
    this.#handOver(groupId);
    // What it took over, perhaps, the other one has still.
    this.#forgetHeir(groupId);
    const run = this.#runs.get(groupId);
    this.#runs.delete(groupId);
    if (run && !isOver(run)) this.#orphans.set(run.place, run);
  }

  #forgetHeir(groupId: string): void {
    for (const [from, heir] of [...this.#heirs]) if (heir === groupId) this.#heirs.delete(from);
  }

  #handOver(from: string): void {
    const heir = this.#heirs.get(from);
    const run = this.#runs.get(from);
    if (heir === undefined || run === undefined) {
      this.#heirs.delete(from);
      return;
    }
    const own = this.#runs.get(heir);
    // Its own may take its last step in the same commit, which is said after how that ends.
    if (own && !isOver(own)) return;
    this.#heirs.delete(from);
    this.#runs.delete(from);
    this.#give(run, heir);
  }

  #give(run: Run, heir: string): void {
    const from = run.groupId;
    this.#world.counters.hit('escalation handed over');
    this.#onHandOver(from, heir);
    this.#parted.set(from, { at: this.#world.clock.now(), to: heir });
    if (this.#told.has(from)) this.#told.add(heir);
    run.groupId = heir;
    this.#runs.set(heir, run);
  }

  /**
   * Something is said of the escalation of a group that has none, or whose own is over: then it has taken one over, although
   * its row may not tell, because that one is over or ended by the end of the commit or began at the same moment as its own.
   */
  #takeUp(groupId: string): void {
    const isFree = () => this.#runs.get(groupId)?.exhausted ?? true;
    if (!isFree()) return;
    for (const [from, heir] of [...this.#heirs]) if (heir === groupId) this.#handOver(from);
    const group = this.#world.journal.groups.get(groupId);
    if (!isFree() || group === undefined) return;
    const place = placeOf(group);
    const orphan = this.#orphans.get(place);
    const run = orphan ?? [...this.#runs.values()].find((one) => one.place === place && this.#isLetGo(one));
    if (run === undefined) return;
    if (run === orphan) this.#orphans.delete(place);
    else this.#runs.delete(run.groupId);
    this.#give(run, groupId);
  }

  /** It is not over, and its group has it no more. */
  #isLetGo(run: Run): boolean {
    const group = this.#world.journal.groups.get(run.groupId);
    return !isOver(run) && group !== undefined && group.escalation == null;
  }
}
