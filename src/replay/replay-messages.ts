// What passes between the program and the thread of replays.

import type { Edge } from '../../analysis/signals.ts';
import type { Limits } from '../config/config.ts';
import { type Portable, portable, revived } from '../config/portable-rules.ts';
import type { SuggestAnswer, SuggestQuestion } from '../effectiveness/questions.ts';
import type { DigestRule } from '../pipeline/digest-rule.ts';
import type { Receiver, RoutingConfig } from '../pipeline/routing.ts';
import type { BacktestAnswer, EvaluateAnswer, ExpectedAnswer, GivenSample } from './questions.ts';

interface TaskBase {
  readonly tenant: string;
  readonly routing: Portable;
  readonly limits: Limits;
  /** What people declared of who depends on whom. */
  readonly edges: readonly Edge[];
  readonly rules: readonly Portable[];
  /** `samples.db`, where no samples are given. */
  readonly file: string;
  readonly samples: readonly GivenSample[] | null;
}

export type ReplayTask =
  | (TaskBase & {
      readonly kind: 'backtest';
      readonly against: readonly Portable[] | null;
      readonly from: number;
      readonly to: number;
    })
  | (TaskBase & { readonly kind: 'evaluate'; readonly at: number })
  | (TaskBase & {
      readonly kind: 'suggest';
      /** The first of `rules` is the one that is asked about, the others are those that it asks for. */
      readonly namedBy: SuggestQuestion['namedBy'];
      readonly only: SuggestQuestion['only'];
      readonly from: number;
      readonly to: number;
    })
  | (TaskBase & {
      readonly kind: 'expected';
      /** Matchers. */
      readonly match: Portable;
      readonly from: number;
      readonly to: number;
    });

export type FromReplay =
  | { readonly kind: 'backtest'; readonly answer: BacktestAnswer }
  | { readonly kind: 'evaluate'; readonly answer: EvaluateAnswer }
  | { readonly kind: 'expected'; readonly answer: ExpectedAnswer }
  | { readonly kind: 'suggest'; readonly answer: SuggestAnswer }
  | { readonly kind: 'too_large'; readonly message: string };

export function portableRouting(routing: RoutingConfig): Portable {
  const { route, receivers, inhibit, flapping, remindBeforeMs, emergency, administrator } = routing;
  const { timeZone, digests } = routing;
  // Every part, by its name: what a file knows beside them stays behind. So do escalations: whether somebody would have
  // confirmed is not known.
  const parts = {
    ...{ route, inhibit, flapping, remindBeforeMs, emergency, administrator, timeZone },
  } satisfies Record<keyof Omit<RoutingConfig, 'receivers' | 'digests' | 'escalations' | 'storm'>, unknown>;
  return portable({ ...parts, receivers: [...receivers.values()], digests: [...(digests ?? [])] });
}

export function routingOf(from: Portable): RoutingConfig {
  const { receivers, digests, ...routing } = revived(from) as Omit<RoutingConfig, 'receivers' | 'digests'> & {
    readonly receivers: readonly Receiver[];
    readonly digests: readonly (readonly [string, DigestRule])[];
  };
  const named = new Map(receivers.map((one) => [one.name, one]));
  return { ...routing, receivers: named, digests: new Map(digests) };
}
