// What waits in a tenant's queue. Every item has somebody who waits for it: it is settled when its turn is committed.
import type { AlertMessage } from '../../channels/message.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { PipelineInput, StepAnswer } from '../pipeline/input.ts';
import type { AlertRow, SilenceRow } from '../pipeline/rows.ts';
import type { Answer, ConfiguredKind, Idempotency } from '../services.ts';
import type { DeadLetterFilter } from '../store/store.ts';
import type { BulkRun } from './bulk-run.ts';
import type { ConfirmRun } from './confirm-run.ts';
import type { DirectoryKind } from './directory-book.ts';
import type { GridRun } from './grid-run.ts';
import type { ObjectOrder, OverrideOrder } from './object-order.ts';
import type { ReachTestOrder } from './reach-test-run.ts';
import type { RulePair } from './rule-pair.ts';
import type { Waiter } from './waiter.ts';

/** Samples of one push, in time order per series. Taken over several turns when it is long. */
export interface SampleBatch {
  readonly kind: 'samples';
  readonly series: Int32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly count: number;
  cursor: number;
  readonly waiter: Waiter<void>;
}

/** Rows that the state holds no more, as they will be stored with this turn. */
export interface Stored {
  alert(id: string): AlertRow | null;
  silence(id: string): SilenceRow | null;
}

/** A command or an event from outside. */
export interface Command {
  readonly kind: 'command';
  readonly input: PipelineInput;
  readonly idempotency: Idempotency | null;
  /** Turns the step's answer into what the client gets, and what a repeat with the same key gets. */
  readonly answer: (answer: StepAnswer, stored: Stored) => Answer;
  readonly waiter: Waiter<Answer>;
}

/** What a person does with dead letters. */
export type LetterOrder =
  | { readonly do: 'retry'; readonly id: string; readonly actor: string }
  | { readonly do: 'discard'; readonly id: string; readonly actor: string; readonly note: string | null }
  | {
      readonly do: 'retry_all';
      readonly filter: DeadLetterFilter;
      readonly limit: number;
      readonly actor: string;
    };

export interface LetterCommand {
  readonly kind: 'letters';
  readonly order: LetterOrder;
  readonly idempotency: Idempotency | null;
  readonly waiter: Waiter<Answer>;
}

/** A change of a rule of the API. */
export interface RuleCommand {
  readonly kind: 'rule';
  readonly order: ObjectOrder;
  readonly actor: string;
  readonly idempotency: Idempotency | null;
  readonly waiter: Waiter<Answer>;
}

/** A change of a route of the API. */
export interface RouteCommand extends Omit<RuleCommand, 'kind'> {
  readonly kind: 'route';
}

/** A change of a channel, a template, a schedule or an escalation policy of the API. */
export interface ObjectCommand extends Omit<RuleCommand, 'kind'> {
  readonly kind: 'object';
  readonly of: ConfiguredKind;
}

/** A change of an override of a schedule. */
export interface OverrideCommand extends Omit<RuleCommand, 'kind' | 'order'> {
  readonly kind: 'override';
  readonly order: OverrideOrder;
}

/** A change of a person or a team of the API. */
export interface DirectoryCommand extends Omit<RuleCommand, 'kind'> {
  readonly kind: 'directory';
  readonly of: DirectoryKind;
}

/** A test of a channel: the message has the id of its notification. */
export interface ChannelTestOrder {
  readonly channel: string;
  readonly message: AlertMessage;
  readonly actor: string;
}

export interface TestCommand {
  readonly kind: 'test';
  readonly order: ChannelTestOrder;
  readonly idempotency: null;
  readonly waiter: Waiter<Answer>;
}

/** A test of who can be reached is begun or ended. */
export interface ReachTestCommand {
  readonly kind: 'reach_test';
  readonly order: ReachTestOrder;
  readonly idempotency: Idempotency | null;
  readonly waiter: Waiter<Answer>;
}

/** What analyses have to store, decided when its turn has come. */
export interface AnalysisCommand {
  readonly kind: 'analysis';
  readonly decide: (now: number) => { readonly effects: readonly Effect[]; readonly answer: Answer };
  readonly idempotency: Idempotency | null;
  readonly waiter: Waiter<Answer>;
}

/** Work of our own: rules or routes changed, series expired. Its effects are committed like any other. */
export interface Internal {
  readonly kind: 'internal';
  readonly inputs: readonly PipelineInput[];
}

/** The series of a pair may have been silent for as long as its rule bears: judged behind the samples that came before. */
export interface SilenceCheck {
  readonly kind: 'silence';
  readonly pair: RulePair;
}

/** A `GridRun` (a grid time that is due), a `BulkRun` and a `ConfirmRun` are taken over several turns when they are long. */
export type Work =
  | SampleBatch
  | Command
  | LetterCommand
  | RuleCommand
  | RouteCommand
  | ObjectCommand
  | OverrideCommand
  | DirectoryCommand
  | TestCommand
  | ReachTestCommand
  | AnalysisCommand
  | BulkRun
  | ConfirmRun
  | Internal
  | SilenceCheck
  | GridRun;

/**
 * Whether somebody asks for something that changes what is told of alerts: an order. It comes after what was due before it,
 * and what it makes due is decided before anything that came behind it, so that it makes no difference what else is taken
 * in its turn.
 */
export function isOrder(work: Work): boolean {
  if (ofMany(work) || work.kind === 'route') return true;
  if (work.kind === 'object') return work.of === 'escalation';
  return work.kind === 'command' && !arriving.has(work.input.kind);
}

/** Whether it asks something of many alerts: one order, over several turns when they are many. */
export function ofMany(work: Work): work is BulkRun | ConfirmRun {
  return work.kind === 'bulk' || work.kind === 'confirm';
}

/** What comes by itself: of these as many as come in one turn are told together. */
const arriving: ReadonlySet<PipelineInput['kind']> = new Set(['event', 'outside', 'heartbeat']);

/** How much of the queue's bound an item takes. */
export function weightOf(work: Work): number {
  return work.kind === 'samples' ? work.count : 1;
}
