// What is used of ml-isolation-forest, which brings no types of its own.
declare module 'ml-isolation-forest' {
  /** A node of a grown tree: an inner one has two children and a split, a leaf the rows that ended there. */
  export interface TreeNode {
    readonly left?: TreeNode;
    readonly right?: TreeNode;
    readonly splitColumn?: number;
    readonly splitValue?: number;
    readonly trainingSet?: readonly (readonly number[])[];
  }
  export class IsolationForest {
    constructor(options?: { readonly nEstimators?: number });
    readonly forest: readonly TreeNode[];
    train(rows: readonly (readonly number[])[]): void;
  }
}
