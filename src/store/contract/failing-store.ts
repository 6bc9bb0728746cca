// A store that fails on command, before or after the real one did its work: what a full disk, a dying disk and a lost
// answer look like to whoever uses the port. The plan is asked at every call, so the simulation can draw from it.
import { type Store, StoreError, type StoreFailure } from '../store.ts';

export type StoreMethod = Exclude<keyof Store, 'close'>;

/** One call of the port; `n` counts the calls of this method from 1. */
export interface StoreCall {
  readonly method: StoreMethod;
  readonly n: number;
  readonly args: readonly unknown[];
}

/**
 * - `before`: nothing is written, the call throws `failure` (default `unknown`).
 * - `after`: everything is written and the call throws `unknown`, as when the answer was lost.
 * - `crash`: called in place of throwing a StoreError; it throws whatever stands for the death of the process.
 */
export type Fault =
  | { readonly when: 'before'; readonly failure?: StoreFailure }
  | { readonly when: 'after' }
  | { readonly when: 'before' | 'after'; readonly crash: () => never };

export type FailurePlan = (call: StoreCall) => Fault | null;

/** Fails the Nth call of `method` (from 1), once. */
export function failNth(method: StoreMethod, n: number, fault: Fault): FailurePlan {
  return (call) => (call.method === method && call.n === n ? fault : null);
}

function fail(fault: Fault, call: StoreCall): never {
  if ('crash' in fault) return fault.crash();
  const failure = fault.when === 'before' ? (fault.failure ?? 'unknown') : 'unknown';
  throw new StoreError(failure, `${call.method} ${call.n} was planned to fail ${fault.when} it was done`);
}

export function failingStore(store: Store, plan: FailurePlan): Store {
  const calls = new Map<StoreMethod, number>();
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || name === 'close') return member;
      const method = name as StoreMethod;
      return (...args: unknown[]): unknown => {
        const call: StoreCall = { method, n: (calls.get(method) ?? 0) + 1, args };
        calls.set(method, call.n);
        const fault = plan(call);
        if (fault?.when === 'before') fail(fault, call);
        const answer: unknown = Reflect.apply(member, target, args);
        if (fault?.when === 'after') fail(fault, call);
        return answer;
      };
    },
  });
}
