export declare const killPoints: {
  readonly 'request.read': 'the body of a POST is here, nothing was done with it';
  readonly 'commit.before': 'a turn is about to be committed';
  readonly 'commit.after': 'a turn is committed, nobody was answered and nothing sent';
  readonly 'answer.sent': 'the answer to a POST went out';
  readonly 'lease.claimed': 'deliveries were claimed from the store, not yet dispatched';
  readonly 'send.before': 'an attempt begins, nothing went out';
  readonly 'send.accepted': 'the provider accepted, the result is not stored';
  readonly 'result.commit.before': 'a commit with the result of an attempt is about to happen';
  readonly 'result.commit.after': 'the result of an attempt is stored, what waited behind it not released';
  readonly 'history.append.before': 'a flush of samples is about to be written';
  readonly 'history.append.after': 'a flush of samples is written';
  readonly 'history.fold': 'flushes were folded into chunks';
  readonly retention: 'expired rows were deleted';
  readonly checkpoint: 'the journal was written back';
  readonly 'rules.reload': 'a changed rule file was taken over, its versions are not stored';
};
export type KillPoint = keyof typeof killPoints;
export declare const killPointNames: readonly KillPoint[];
/** What the parent has to do so that the point is reached. */
export declare function needsOf(point: KillPoint): 'load' | 'quiet' | 'rule changes';
/** Environment of the child: `<point>:<hit>`. */
export declare const killAtVariable = 'TOCSIN_TEST_KILL_AT';
/** Bugs that can be planted in the child, to prove that the harness sees what they lose. */
export declare const plantedFaults: readonly ['answers_before_commit', 'loses_a_delivery', 'loses_samples'];
export type PlantedFault = (typeof plantedFaults)[number];
/** Environment of the child: the name of a fault. */
export declare const faultVariable = 'TOCSIN_TEST_FAULT';
/** What the child says on standard output, a line of JSON each. */
export type ChildLine =
  | {
      readonly listening: number;
    }
  /** The last thing it says; `at` is epoch milliseconds. */
  | {
      readonly killing: KillPoint;
      readonly at: number;
    };
