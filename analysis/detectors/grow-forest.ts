// The one file that knows ml-isolation-forest. F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation Forest", ICDM 2008: what few
// random cuts separate from the rest is unusual. The package grows the trees; what the paper has and the package has not is
// here: a subsample for each tree, a seed, and the paper's c(n) for rows that end together.
import { IsolationForest, type TreeNode } from 'ml-isolation-forest';
import type { Model, TrainingOrder } from './detector.ts';
import { seeded } from './random.ts';

const trees = 64;
const subsample = 64;
/**
 * Beside the subsample every tree sees this many rows far outside, at random corners. A column in which all rows agree has
 * no place to cut otherwise, and a value far from all of them would end where they do.
 */
const outsiders = 2;
/** As far as a number of a row goes. */
const farthest = 16_000;

/**
 * A model begins with the place of each tree's root. A node is four numbers: column (-1 in a leaf), cut, place of the right
 * child (the left one follows), rows of a leaf. Places are counted in nodes, from the model's beginning.
 */
const nodeNumbers = 4;

/** A tree of n rows has at most 2n - 1 nodes; beside them stand the places of the roots. */
export const mostModelBytes = 2 * (trees + trees * nodeNumbers * (2 * (subsample + outsiders) - 1));

/** Grows the model of an order: a pure function of it. */
export function growForest({ rows, width, seed }: TrainingOrder): Model {
  const random = seeded(seed);
  const count = Math.floor(rows.length / width);
  const nodes: number[] = new Array<number>(trees).fill(0);
  for (let tree = 0; tree < trees; tree++) {
    nodes[tree] = nodes.length / nodeNumbers;
    flatten(grownTree(sampleOf(rows, width, count, random), random), nodes);
  }
  return { seed, nodes: Int16Array.from(nodes) };
}

function sampleOf(rows: Int16Array, width: number, count: number, random: () => number): number[][] {
  const sample: number[][] = [];
  for (let n = 0; n < Math.min(subsample, count); n++) {
    const from = Math.floor(random() * count) * width;
    sample.push(Array.from(rows.subarray(from, from + width)));
  }
  for (let n = 0; n < outsiders; n++)
    sample.push(Array.from({ length: width }, () => (random() < 0.5 ? -farthest : farthest)));
  return sample;
}

/**
 * A tree of a new instance: training twice adds to a forest what its prediction never reads. The package draws from
 * Math.random, which therefore is ours while it grows; nothing else runs meanwhile, since it does not wait for anything.
 */
function grownTree(sample: readonly (readonly number[])[], random: () => number): TreeNode {
  const forest = new IsolationForest({ nEstimators: 1 });
  const itsOwn = Math.random;
  Math.random = random;
  try {
    forest.train(sample);
  } finally {
    Math.random = itsOwn;
  }
  return forest.forest[0]!;
}

/** Appends a tree as numbers; rows are whole numbers, so a cut between two of them may be rounded up. */
function flatten({ left, right, splitColumn, splitValue, trainingSet }: TreeNode, into: number[]): void {
  const place = into.length;
  if (left === undefined || right === undefined) {
    into.push(-1, 0, 0, trainingSet?.length ?? 0);
    return;
  }
  into.push(splitColumn!, Math.ceil(splitValue!), 0, 0);
  flatten(left, into);
  into[place + 2] = into.length / nodeNumbers;
  flatten(right, into);
}

/** The mean path of an unsuccessful search in a tree of n rows: c(n) of the paper, with Euler's constant. */
const meanPath = (n: number): number =>
  n <= 1 ? 0 : n === 2 ? 1 : 2 * (Math.log(n - 1) + 0.5772156649) - (2 * (n - 1)) / n;
const meanPaths = Float64Array.from({ length: subsample + outsiders + 1 }, (_, n) => meanPath(n));
const wholePath = meanPath(subsample + outsiders);

/** The paper's score of a row, in (0, 1): 0.5 is usual, towards 1 is alone. `row`: the model's width of whole numbers. */
export function forestScore({ nodes }: Model, row: Int16Array): number {
  let paths = 0;
  for (let tree = 0; tree < trees; tree++) {
    let node = nodes[tree]! * nodeNumbers;
    let depth = 0;
    let column = nodes[node]!;
    while (column >= 0) {
      node = row[column]! < nodes[node + 1]! ? node + nodeNumbers : nodes[node + 2]! * nodeNumbers;
      depth += 1;
      column = nodes[node]!;
    }
    paths += depth + meanPaths[nodes[node + 3]!]!;
  }
  return 2 ** (-paths / trees / wholePath);
}
