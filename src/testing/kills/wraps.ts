// The ports of a child, wrapped so that the named points are on the way. Armed for a point that idle processes reach
// rarely, a wrap makes the program believe that there is more housekeeping to do.
import type { ChannelDefinition, ChannelHost } from '../../../channels/channel.ts';
import type { History } from '../../ingest/history.ts';
import type { Log } from '../../log.ts';
import type { ShardCommit, Store } from '../../store/store.ts';
import type { KillSwitch } from './kill-switch.ts';

const foldAllMs = 3_600_000;

function hasResult(commits: readonly ShardCommit[]): boolean {
  return commits.some(({ effects }) => effects.some((effect) => effect.put === 'delivery.result'));
}

/** What the analyses say, and how far they read the log. */
const ofAnalyses: ReadonlySet<string> = new Set([
  'incident',
  'incident.alert',
  'finding',
  'analysis',
  'analysis.part',
]);

function hasAnalysis(commits: readonly ShardCommit[]): boolean {
  return commits.some(({ effects }) => effects.some(({ put }) => ofAnalyses.has(put)));
}

export function wrapStore(store: Store, kill: KillSwitch): Store {
  return {
    ...store,
    commit(commits, sync) {
      const result = hasResult(commits);
      const analysis = hasAnalysis(commits);
      kill.hit('commit.before');
      if (result) kill.hit('result.commit.before');
      if (analysis) kill.hit('analysis.commit.before');
      const events = store.commit(commits, sync);
      kill.hit('commit.after');
      if (result) kill.hit('result.commit.after');
      if (analysis) kill.hit('analysis.commit.after');
      return events;
    },
    claimDue(request) {
      const claimed = store.claimDue(request);
      if (claimed.length > 0) kill.hit('lease.claimed');
      return claimed;
    },
    claimBehind(request) {
      const claimed = store.claimBehind(request);
      if (claimed.length > 0) kill.hit('lease.claimed');
      return claimed;
    },
    retain(policy, now, limit) {
      const more = store.retain(policy, now, limit);
      kill.hit('retention');
      return more || kill.armed === 'retention';
    },
    checkpoint() {
      store.checkpoint();
      kill.hit('checkpoint');
    },
  };
}

export function wrapHistory(history: History, kill: KillSwitch): History {
  return {
    series: () => history.series(),
    append(declared, blocks) {
      kill.hit('history.append.before');
      history.append(declared, blocks);
      kill.hit('history.append.after');
    },
    range: (from, to, visit) => history.range(from, to, visit),
    fold(before) {
      if (kill.armed !== 'history.fold') return history.fold(before);
      history.fold(before + foldAllMs);
      kill.hit('history.fold');
      return true;
    },
    ...(history.states !== undefined && { states: history.states }),
    forget: (before, maxBytes) => history.forget(before, maxBytes),
    close: () => history.close(),
  };
}

export function wrapChannel(definition: ChannelDefinition, kill: KillSwitch): ChannelDefinition {
  return {
    ...definition,
    open(config, host: ChannelHost) {
      const instance = definition.open(config, host);
      return {
        async send(payload, context) {
          kill.hit('send.before');
          const result = await instance.send(payload, context);
          if (result.kind === 'sent') kill.hit('send.accepted');
          return result;
        },
        close: () => instance.close(),
      };
    },
  };
}

/** The log is where the program says that it has taken over changed rules. */
export function wrapLog(log: Log, kill: KillSwitch): Log {
  return {
    ...log,
    info(event, fields) {
      log.info(event, fields);
      if (event === 'rules.loaded') kill.hit('rules.reload');
    },
  };
}

type Fetch = (request: Request) => Response | Promise<Response>;
interface Bindings {
  readonly outgoing?: { once(event: 'finish', listener: () => void): unknown };
}

export function wrapFetch(
  fetch: Fetch,
  kill: KillSwitch,
): (request: Request, env: unknown) => Promise<Response> {
  return async (request, env) => {
    if (request.method !== 'POST') return fetch(request);
    const body = await request.arrayBuffer();
    kill.hit('request.read');
    (env as Bindings).outgoing?.once('finish', () => kill.hit('answer.sent'));
    return fetch(new Request(request.url, { method: 'POST', headers: request.headers, body }));
  };
}
