// The channels as people see them: how each is, and whether it works now.
import type { AlertMessage } from '../../channels/message.ts';
import type { Clock } from '../clock.ts';
import type { ChannelRegistry } from '../delivery/channel-registry.ts';
import type { Dispatcher } from '../delivery/dispatcher.ts';
import type { FirstResults } from '../delivery/first-results.ts';
import type { Limiter } from '../delivery/limiter.ts';
import { keyOf, type OpenChannel, renderedBy } from '../delivery/open-channels.ts';
import type { ResultCounts } from '../delivery/result-counts.ts';
import { ApiError } from '../errors.ts';
import { backlogOf } from '../policy/backlog.ts';
import type { ChannelServices, ChannelState } from '../services.ts';
import type { Store } from '../store/store.ts';
import type { Engine } from './engine.ts';
import { testMessage } from './test-message.ts';

/** A client waits so long for what comes of its test. */
const testWaitMs = 30_000;

export interface ChannelPorts {
  readonly engine: Engine;
  readonly store: Pick<Store, 'delivery'>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly channels: ChannelRegistry;
  readonly dispatcher: Dispatcher;
  readonly limiter: Pick<Limiter, 'levels'>;
  readonly results: ResultCounts;
  readonly firstResults: FirstResults;
}

export function createChannelServices(ports: ChannelPorts): ChannelServices {
  const { engine, store, clock, newId, channels, dispatcher, limiter, results, firstResults } = ports;

  /** Those of the file that the tenant may use, and its own. */
  const ofTenant = (tenant: string): OpenChannel[] => {
    const names = engine.fileChannels(tenant);
    const ofFile = [...channels.file.values()].filter(({ name }) => names.has(name));
    return [...ofFile, ...channels.own(tenant).open.values()];
  };
  const find = (tenant: string, name: string): OpenChannel => {
    const channel = ofTenant(tenant).find((one) => one.name === name);
    if (!channel) throw new ApiError('channel_not_found');
    return channel;
  };

  const statesOf = (tenant: string, wanted: readonly OpenChannel[]): ChannelState[] => {
    const policy = engine.tenant(tenant)?.policy;
    const backlog = policy === undefined ? null : backlogOf(policy);
    const now = clock.now();
    return wanted.map((channel) => {
      const { name, type, definition, settings, fallback = [], mock = false, place = null } = channel;
      const waiting = backlog?.get(name);
      const breaker = policy?.breakers.get(name);
      return {
        name,
        kind: type,
        label: definition.label,
        fallback,
        cost: channel.cost ?? null,
        mock,
        place,
        own: channel.own !== undefined,
        // What is written as a secret shows itself as ***.
        settings: shownSettings(settings),
        canVerify: channel.instance.verify !== undefined,
        results: results.of(tenant, keyOf(channel)),
        queued: waiting?.queued ?? 0,
        oldestQueuedMs: waiting === undefined ? null : Math.max(0, now - waiting.oldestAt),
        ...dispatcher.of(tenant, name),
        receipts: engine.receiptLatencies.of(tenant, keyOf(channel)),
        calls: limiter.levels(keyOf(channel), now),
        breaker:
          breaker?.state === 'open'
            ? {
                state: breaker.probe === null ? 'open' : 'half_open',
                reason: breaker.reason,
                since: breaker.openedAt,
                probeAt: breaker.probe === null ? breaker.probeAt : breaker.afterProbeAt,
              }
            : { state: 'closed', reason: null, since: null, probeAt: null },
      };
    });
  };

  return {
    keys: (tenant) => new Set(ofTenant(tenant).map(keyOf)),
    open: (tenant) => new Map(ofTenant(tenant).map((channel) => [channel.name, channel])),
    list: (tenant) => statesOf(tenant, ofTenant(tenant)),
    one: (tenant, name) => statesOf(tenant, [find(tenant, name)])[0]!,
    preview(tenant, name, words) {
      const channel = find(tenant, name);
      const ids = { notification: newId(), event: newId() };
      const message = testMessage(tenant, name, words, ids, clock.now());
      return { message, payload: renderedBy(channel, message, false) };
    },
    async test(tenant, name, words, actor) {
      find(tenant, name);
      if (firstResults.full) throw new ApiError('overloaded', { retryAfter: 1 });
      const ids = { notification: newId(), event: newId() };
      const message: AlertMessage = testMessage(tenant, name, words, ids, clock.now());
      const first = firstResults.of(message.id, words.wait ? testWaitMs : 0);
      try {
        await engine.submitTest(tenant, { channel: name, message, actor: actor.name });
      } catch (error) {
        first.leave();
        throw error;
      }
      const result = await first.result;
      if (result === null) return { notificationId: message.id, result: null };
      const providerId = store.delivery(tenant, result.deliveryId)?.providerId ?? null;
      return { notificationId: message.id, result: { ...result, providerId } };
    },
    async verify(tenant, name) {
      const channel = find(tenant, name);
      if (channel.instance.verify === undefined) throw new ApiError('channel_cannot_verify');
      const startedAt = clock.now();
      const result = await dispatcher.verify(channel);
      return { ...result, ms: clock.now() - startedAt };
    },
  };
}

/** As people may see them: secrets are `***`, and so is what follows the host of an address, which often is one. */
function shownSettings(settings: unknown): Readonly<Record<string, unknown>> {
  const masked = JSON.stringify(settings, (_, value: unknown) =>
    typeof value === 'string' && /^https?:\/\//i.test(value) ? shownUrl(value) : value,
  );
  return JSON.parse(masked) as Readonly<Record<string, unknown>>;
}

function shownUrl(text: string): string {
  if (!URL.canParse(text)) return '***';
  const { origin, pathname, search } = new URL(text);
  return pathname === '/' && search === '' ? origin : `${origin}/***`;
}
