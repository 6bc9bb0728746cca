// Who may ask the system for a name. It looks up only two at a time (getaddrinfo holds a thread of libuv's pool for as
// long as a resolver stalls), so names that it was slow about share one place between them: they wait for each other,
// and the others do not wait for them.
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

// Half of libuv's four threads is what it gives to look-ups: one more would only wait there, unseen.
const places = 2;
/** A resolver that answers takes milliseconds; one that does not is given up on after five seconds and more. */
const defaultSlowAfterMs = 1_000;

interface Waiting {
  readonly name: string;
  readonly begin: () => void;
}

/** One look-up per name at a time, two in all, and of names that were slow the last time only one. */
export function inPlaces(resolve: Resolve, slowAfterMs = defaultSlowAfterMs): Resolve {
  const underWay = new Map<string, Promise<readonly ResolvedAddress[]>>();
  const running = new Set<string>();
  const slow = new Set<string>();
  const waiting: Waiting[] = [];

  const next = (): Waiting | undefined => {
    if (running.size >= places) return undefined;
    const slowRuns = [...running].some((name) => slow.has(name));
    const i = waiting.findIndex(({ name }) => !slow.has(name));
    if (i !== -1) return waiting.splice(i, 1)[0];
    return slowRuns ? undefined : waiting.shift();
  };
  const pump = () => {
    for (let one = next(); one; one = next()) {
      running.add(one.name);
      one.begin();
    }
  };

  const ask = async (name: string): Promise<readonly ResolvedAddress[]> => {
    await new Promise<void>((begin) => {
      waiting.push({ name, begin });
      pump();
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      slow.add(name);
    }, slowAfterMs);
    timer.unref();
    try {
      return await resolve(name);
    } finally {
      clearTimeout(timer);
      if (!late) slow.delete(name);
      running.delete(name);
      underWay.delete(name);
      pump();
    }
  };

  return (name) => {
    const already = underWay.get(name);
    if (already !== undefined) return already;
    const answer = ask(name);
    underWay.set(name, answer);
    return answer;
  };
}
