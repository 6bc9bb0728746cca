// What comes to a tenant and what people ask of it, as a random script: moments, and at each of them one thing after the
// other. Alerts, silences and notifications are named by their place in the list of those that were there when the moment
// began.
import fc from 'fast-check';

const s = 1_000;

/** What people say of an alert, or of all that match. */
export type Action =
  | 'acknowledge'
  | 'unacknowledge'
  | 'snooze'
  | 'unsnooze'
  | 'assign'
  | 'comment'
  | 'resolve';

/** Those because of which something may be told at once. */
export const lettingGo: readonly Action[] = ['unacknowledge', 'unsnooze'];
const actions: readonly Action[] = ['acknowledge', 'snooze', 'assign', 'comment', 'resolve', ...lettingGo];

/** Which silences and bulk orders take what; see `matchersOf` in player.ts. */
const matcherTexts = ['host=a', 'host=b', 'host=~"a|c"', 'alertname=HighCpu', 'alertname!=HostDown'] as const;

export type Op =
  | {
      readonly do: 'push';
      readonly samples: readonly { readonly metric: string; readonly host: string; readonly value: number }[];
    }
  | { readonly do: 'outside'; readonly host: string; readonly status: 'firing' | 'resolved' }
  | { readonly do: 'event'; readonly host: string }
  | {
      readonly do: 'silence';
      readonly matcher: string;
      readonly inMs: number;
      readonly forMs: number;
      readonly recurs: boolean;
    }
  | {
      readonly do: 'change silence';
      readonly which: number;
      readonly matcher: string;
      readonly forMs: number;
    }
  | { readonly do: 'expire'; readonly which: number }
  | { readonly do: 'respond'; readonly which: number; readonly action: Action; readonly forMs: number }
  | { readonly do: 'confirm'; readonly which: number }
  | {
      readonly do: 'bulk';
      readonly matcher: string;
      readonly action: Action;
      readonly forMs: number;
      readonly limit: number;
    };

export interface Moment {
  /** So long after the one before it. */
  readonly afterMs: number;
  readonly ops: readonly Op[];
}

/** What comes by itself, whoever asks for what. */
export const arrives = ({ do: what }: Op): boolean =>
  what === 'push' || what === 'outside' || what === 'event';

const host = fc.constantFrom('a', 'b', 'c');
const matcher = fc.constantFrom(...matcherTexts);
const forMs = fc.constantFrom(10 * s, 35 * s, 90 * s);
const which = fc.nat({ max: 11 });
const sample = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ metric: fc.constant('cpu'), host, value: fc.constantFrom(95, 95, 70, 10) }),
  },
  { weight: 1, arbitrary: fc.record({ metric: fc.constant('down'), host, value: fc.constantFrom(1, 0) }) },
);

const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('push' as const),
      samples: fc.uniqueArray(sample, {
        minLength: 1,
        maxLength: 3,
        // One point for each series and time.
        selector: (one) => `${one.metric} ${one.host}`,
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('outside' as const),
      host,
      status: fc.constantFrom('firing' as const, 'firing' as const, 'resolved' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('event' as const), host }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('silence' as const),
      matcher,
      inMs: fc.constantFrom(0, 0, 20 * s),
      forMs,
      recurs: fc.constantFrom(false, false, true),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('change silence' as const), which, matcher, forMs }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('expire' as const), which }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('respond' as const),
      which,
      action: fc.constantFrom(...actions),
      forMs,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('confirm' as const), which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('bulk' as const),
      matcher,
      action: fc.constantFrom(...actions),
      forMs,
      limit: fc.constantFrom(1_000, 1_000, 2),
    }),
  },
);

/** Anything, at any time. */
export const scripts: fc.Arbitrary<readonly Moment[]> = fc.array(
  fc.record({
    afterMs: fc.constantFrom(0, 1, 5 * s, 10 * s, 20 * s, 61 * s),
    ops: fc.array(op, { minLength: 1, maxLength: 6 }),
  }),
  { minLength: 3, maxLength: 14 },
);
