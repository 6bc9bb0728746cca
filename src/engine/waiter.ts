// Who waits for a piece of work: told when its turn is committed, or refused.

export interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}
