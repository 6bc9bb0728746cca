// What a target of the fuzzer is: a way to make inputs, and what holds of every one of them.
import type { Random } from './case-random.ts';

/** Looks at one input. Whatever it throws is a finding; `claim` is how it says what does not hold. */
export type Check = (input: Uint8Array) => void | Promise<void>;

export interface Target {
  /** Lower case with dashes: the name of its failures and the folder of its regressions. */
  readonly name: string;
  /** What holds of every case, in one line. */
  readonly holds: string;
  /** How many of all cases it gets, against the weights of the others: what is cheap gets many. */
  readonly weight: number;
  /** The whole input of a case: what fails is written as these bytes. */
  readonly input: (random: Random) => Uint8Array;
  /** For targets that hold something open; opened anew now and then, so that no case has a long past. */
  readonly open: () => Opened | Promise<Opened>;
}

export interface Opened {
  readonly check: Check;
  readonly close?: () => Promise<void>;
}

/** Something that should hold of an input and does not. */
export class Violation extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Violation';
  }
}

export function claim(holds: boolean, message: string | (() => string)): asserts holds {
  if (!holds) throw new Violation(typeof message === 'string' ? message : message());
}

/** A target without anything to hold open. */
export function pureTarget(target: Omit<Target, 'open'> & { readonly check: Check }): Target {
  const { check, ...rest } = target;
  return { ...rest, open: () => ({ check }) };
}

const decoder = new TextDecoder('utf-8');

/** The text of an input; what is not UTF-8 becomes U+FFFD, as it does on its way in. */
export function textOf(input: Uint8Array): string {
  return decoder.decode(input);
}

/** The value of an input that was made as JSON. */
export function jsonOf<T>(input: Uint8Array): T {
  return JSON.parse(textOf(input)) as T;
}

export function inputOf(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

export function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
