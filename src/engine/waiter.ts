// Whoever waits for an item of a tenant's queue.
export interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}
