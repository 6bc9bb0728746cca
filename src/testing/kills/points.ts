// The places at which a child process can be made to kill itself, by name. Every one lies between two things of which
// a crash may separate the first from the second.

export const killPoints = {
  'request.read': 'the body of a POST is here, nothing was done with it',
  'commit.before': 'a turn is about to be committed',
  'commit.after': 'a turn is committed, nobody was answered and nothing sent',
  'answer.sent': 'the answer to a POST went out',
  'lease.claimed': 'deliveries were claimed from the store, not yet dispatched',
  'send.before': 'an attempt begins, nothing went out',
  'send.accepted': 'the provider accepted, the result is not stored',
  'result.commit.before': 'a commit with the result of an attempt is about to happen',
  'result.commit.after': 'the result of an attempt is stored, what waited behind it not released',
  'analysis.commit.before': 'alerts are stored, what the analyses say of them is about to be committed',
  'analysis.commit.after': 'what the analyses say is stored, or a part of it',
  'history.append.before': 'a flush of samples is about to be written',
  'history.append.after': 'a flush of samples is written',
  'history.fold': 'flushes were folded into chunks',
  retention: 'expired rows were deleted',
  checkpoint: 'the journal was written back',
  'rules.reload': 'a changed rule file was taken over, its versions are not stored',
} as const;

export type KillPoint = keyof typeof killPoints;
export const killPointNames = Object.keys(killPoints) as readonly KillPoint[];

/** What the parent has to do so that the point is reached. */
export function needsOf(point: KillPoint): 'load' | 'quiet' | 'rule changes' {
  if (point === 'checkpoint') return 'quiet';
  return point === 'rules.reload' ? 'rule changes' : 'load';
}

/** Environment of the child: `<point>:<hit>`. */
export const killAtVariable = 'TOCSIN_TEST_KILL_AT';

/** Bugs that can be planted in the child, to prove that the harness sees what they lose. */
export const plantedFaults = [
  'answers_before_commit',
  'loses_a_delivery',
  'loses_a_result',
  'hides_a_dead_letter',
  'loses_samples',
  'loses_silences',
  'loses_acknowledgements',
  'waits_anew',
] as const;
export type PlantedFault = (typeof plantedFaults)[number];
/** Environment of the child: the name of a fault. */
export const faultVariable = 'TOCSIN_TEST_FAULT';

/** Environment of the child: `normal` for a store that does not wait for the disk. */
export const durabilityVariable = 'TOCSIN_TEST_DURABILITY';

/** What the child says on standard output, a line of JSON each. */
export type ChildLine =
  | { readonly listening: number }
  /** The last thing it says; `at` is epoch milliseconds. */
  | { readonly killing: KillPoint; readonly at: number };
