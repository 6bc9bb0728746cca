// The one file that knows ml-isolation-forest. F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation Forest", ICDM 2008: what few
// random cuts separate from the rest is unusual. The package grows the trees; what the paper has and the package has not is
// here: a subsample for each tree, a seed, and the paper's c(n) for rows that end together.
import { IsolationForest, type TreeNode } from 'ml-isolation-forest';
import type { Model, TrainingOrder } from './detector.ts';
import { seeded } from './random.ts';

const trees = 56;
const subsample = 64;
/**
 * Beside the subsample every tree sees this many rows far outside, at random corners. A column in which all rows agree has
 * no place to cut otherwise, and a value far from all of them would end where they do.
 */
const outsiders = 2;
/** As far as a number of a row goes. */
const farthest = 127;

/**
 * Trees are cut off at this depth, where the paper goes one deeper for 64 rows: what is unusual ends above. So a tree has
 * its place as a heap: the children of node i are 2i + 1 and 2i + 2.
 */
const depth = 5;
const inner = 2 ** depth - 1;
const leaves = 2 ** depth;

/**
 * A tree is two bytes for each inner node, column and cut, and one for each leaf at the bottom, its rows. Where a tree ends
 * above the bottom the column is `ended`, and its rows stand in the place of the cut.
 */
const ended = 127;
const treeBytes = 2 * inner + leaves;

/** Every model has this size. */
export const forestBytes = trees * treeBytes;

/** Grows the model of an order: a pure function of it. */
export function growForest({ rows, width, seed }: TrainingOrder): Model {
  const random = seeded(seed);
  const count = Math.floor(rows.length / width);
  const nodes = new Int8Array(forestBytes);
  for (let tree = 0; tree < trees; tree++)
    flatten(grownTree(sampleOf(rows, width, count, random), random), nodes, tree * treeBytes, 0);
  return { seed, nodes };
}

function sampleOf(rows: Int8Array, width: number, count: number, random: () => number): number[][] {
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

const rowsBelow = ({ left, right, trainingSet }: TreeNode): number =>
  left === undefined || right === undefined ? (trainingSet?.length ?? 0) : rowsBelow(left) + rowsBelow(right);

/** Writes a tree as bytes; rows are whole numbers, so a cut between two of them may be rounded up. */
function flatten(node: TreeNode, into: Int8Array, tree: number, place: number): void {
  const { left, right, splitColumn, splitValue } = node;
  if (place >= inner) {
    into[tree + 2 * inner + place - inner] = rowsBelow(node);
    return;
  }
  if (left === undefined || right === undefined) {
    into[tree + 2 * place] = ended;
    into[tree + 2 * place + 1] = rowsBelow(node);
    return;
  }
  into[tree + 2 * place] = splitColumn!;
  into[tree + 2 * place + 1] = Math.ceil(splitValue!);
  flatten(left, into, tree, 2 * place + 1);
  flatten(right, into, tree, 2 * place + 2);
}

/** The mean path of an unsuccessful search in a tree of n rows: c(n) of the paper, with Euler's constant. */
const meanPath = (n: number): number =>
  n <= 1 ? 0 : n === 2 ? 1 : 2 * (Math.log(n - 1) + 0.5772156649) - (2 * (n - 1)) / n;
const meanPaths = Float64Array.from({ length: subsample + outsiders + 1 }, (_, n) => meanPath(n));
const wholePath = meanPath(subsample + outsiders);

/**
 * The paper's score of a row, in (0, 1): 0.5 is usual, towards 1 is alone. `row`: the model's width of whole numbers. The
 * nodes of the model begin at `from`.
 */
export function forestScore(nodes: Int8Array, from: number, row: Int8Array): number {
  let paths = 0;
  for (let tree = from; tree < from + forestBytes; tree += treeBytes) {
    let node = 0;
    let steps = 0;
    let rows = -1;
    while (node < inner) {
      const column = nodes[tree + 2 * node]!;
      const cut = nodes[tree + 2 * node + 1]!;
      if (column === ended) {
        rows = cut;
        break;
      }
      node = 2 * node + (row[column]! < cut ? 1 : 2);
      steps += 1;
    }
    if (rows < 0) rows = nodes[tree + inner + node]!;
    paths += steps + meanPaths[rows]!;
  }
  return 2 ** (-paths / trees / wholePath);
}
