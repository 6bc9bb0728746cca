// What is said when, as a set of small stories: what happens at which millisecond, and which message the receiver is to
// have at which. Every story has a team of its own, so that all of them run beside each other on one server.

/** Timings of every route of the stories, milliseconds. */
export const timings = { group_wait: 300, group_interval: 600, resolve_wait: 400, repeat_interval: 2_500 };

export type Act =
  | { readonly do: 'fire' | 'end'; readonly what: 'host' | 'cluster' | 'target'; readonly host: string }
  /** A silence of the story's team, from and until when. */
  | { readonly do: 'silence'; readonly from: number; readonly until: number }
  /** The last silence of the team is taken back. */
  | { readonly do: 'unsilence' }
  /** Whatever the team was told of last is acknowledged until then. */
  | { readonly do: 'acknowledge'; readonly until: number };

export interface Timeline {
  readonly team: string;
  readonly what: string;
  /** Runs only where silences can be made by HTTP. */
  readonly silences?: true;
  readonly acts: readonly (readonly [at: number, act: Act])[];
  /** `<reason> <host>=<status>, …` of what changed; of a repeat everything that it names. */
  readonly told: readonly (readonly [at: number, said: string])[];
  /** What comes later is not looked at. */
  readonly until: number;
}

const fire = (host: string, what: 'host' | 'cluster' | 'target' = 'host'): Act => ({
  do: 'fire',
  what,
  host,
});
const end = (host: string, what: 'host' | 'cluster' | 'target' = 'host'): Act => ({ do: 'end', what, host });

export const timelines: readonly Timeline[] = [
  {
    team: 'grouping',
    what: 'group_wait, group_interval with a new alert, repeat_interval, resolve_wait twice',
    acts: [
      [0, fire('a')],
      [400, fire('b')],
      [3_600, end('a')],
      [4_200, end('b')],
    ],
    told: [
      [300, 'first a=firing'],
      [900, 'new_alerts b=firing'],
      [3_400, 'repeat a=firing, b=firing'],
      [4_000, 'some_resolved a=resolved'],
      [4_600, 'resolved b=resolved'],
    ],
    until: 5_000,
  },
  {
    team: 'source-first',
    what: 'inhibition, the source fires before its target: told when the source ends',
    acts: [
      [0, fire('c', 'cluster')],
      [100, fire('t', 'target')],
      [1_200, end('c', 'cluster')],
      [1_800, end('t', 'target')],
    ],
    told: [
      [300, 'first c=firing'],
      [1_200, 'first t=firing'],
      [1_600, 'resolved c=resolved'],
      [2_200, 'resolved t=resolved'],
    ],
    until: 2_500,
  },
  {
    team: 'target-first',
    what: 'inhibition, the source fires within the group_wait of its target',
    acts: [
      [0, fire('t', 'target')],
      [100, fire('c', 'cluster')],
      [1_200, end('c', 'cluster')],
      [1_800, end('t', 'target')],
    ],
    told: [
      [400, 'first c=firing'],
      [1_200, 'first t=firing'],
      [1_600, 'resolved c=resolved'],
      [2_200, 'resolved t=resolved'],
    ],
    until: 2_500,
  },
  {
    team: 'target-told',
    what: 'inhibition of a target that was told: its repeat waits for the end of the source',
    acts: [
      [0, fire('t', 'target')],
      [900, fire('c', 'cluster')],
      [3_200, end('c', 'cluster')],
      [3_700, end('t', 'target')],
    ],
    told: [
      [300, 'first t=firing'],
      [1_200, 'first c=firing'],
      [3_200, 'repeat t=firing'],
      [3_600, 'resolved c=resolved'],
      [4_100, 'resolved t=resolved'],
    ],
    until: 4_500,
  },
  {
    team: 'acknowledged',
    what: 'an acknowledgement holds back the repeat until it ends',
    acts: [
      [0, fire('a')],
      [500, { do: 'acknowledge', until: 3_200 }],
      [3_400, end('a')],
    ],
    told: [
      [300, 'first a=firing'],
      [3_200, 'repeat a=firing'],
      [3_800, 'resolved a=resolved'],
    ],
    until: 4_200,
  },
  {
    team: 'silence-later',
    what: 'a silence that starts later and before group_wait is over: told at its end',
    silences: true,
    acts: [
      [0, { do: 'silence', from: 200, until: 1_200 }],
      [1, fire('a')],
      [1_400, end('a')],
    ],
    told: [
      [1_200, 'first a=firing'],
      [1_800, 'resolved a=resolved'],
    ],
    until: 2_200,
  },
  {
    team: 'silence-taken-back',
    what: 'a silence of a minute that is taken back lets go at once',
    silences: true,
    acts: [
      [0, { do: 'silence', from: 0, until: 60_000 }],
      [100, fire('a')],
      [1_000, { do: 'unsilence' }],
      [1_400, end('a')],
    ],
    told: [
      [1_000, 'first a=firing'],
      [1_800, 'resolved a=resolved'],
    ],
    until: 2_200,
  },
  {
    team: 'silence-resolved',
    what: 'what ends under a silence, and was told before, is taken back at the end of the silence',
    silences: true,
    acts: [
      [0, fire('a')],
      [400, { do: 'silence', from: 400, until: 1_600 }],
      [600, end('a')],
    ],
    told: [
      [300, 'first a=firing'],
      [1_600, 'resolved a=resolved'],
    ],
    until: 2_000,
  },
  {
    team: 'silence-repeat',
    what: 'a repeat that falls into a silence comes at its end',
    silences: true,
    acts: [
      [0, fire('a')],
      [400, { do: 'silence', from: 400, until: 3_300 }],
      [3_500, end('a')],
    ],
    told: [
      [300, 'first a=firing'],
      [3_300, 'repeat a=firing'],
      [3_900, 'resolved a=resolved'],
    ],
    until: 4_300,
  },
  {
    // Beyond the schedule's own 10 s, which are drawn by up to a fifth.
    team: 'busy',
    what: '503 with Retry-After: 13, and the same message again when that is over',
    acts: [[0, fire('a')]],
    told: [
      [300, 'first a=firing'],
      [13_300, 'first a=firing'],
    ],
    until: 14_000,
  },
];

/** Groups of `overRestart` wait so long: longer than a start takes. */
export const restartedWaitMs = 9_000;

/** The server is ended at 300 ms and started anew. */
export const overRestart: readonly Timeline[] = [
  {
    team: 'restarted',
    what: 'a restart within group_wait: its end stays what it was, and so does the repeat',
    acts: [[0, fire('a')]],
    told: [
      [9_000, 'first a=firing'],
      [11_500, 'repeat a=firing'],
    ],
    until: 12_000,
  },
  {
    team: 'restarted-silence',
    what: 'a restart within a silence: told at its end',
    silences: true,
    acts: [
      [0, { do: 'silence', from: 0, until: 10_000 }],
      [50, fire('a')],
    ],
    told: [[10_000, 'first a=firing']],
    until: 12_000,
  },
];
