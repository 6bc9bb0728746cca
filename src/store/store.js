export const shardCount = 64;
export class StoreError extends Error {
  failure;
  constructor(failure, message, options) {
    super(message, options);
    this.name = 'StoreError';
    this.failure = failure;
  }
}
//# sourceMappingURL=store.js.map
