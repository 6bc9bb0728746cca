// What people do with silences, and what they ask of them before they do.
import type { Clock } from '../clock.ts';
import { ApiError } from '../errors.ts';
import { toSilenceBody } from '../http/bodies/silence-body.ts';
import type { StepAnswer } from '../pipeline/input.ts';
import type { SilenceRow } from '../pipeline/rows.ts';
import { previewSilence, takenBy } from '../pipeline/silence-preview.ts';
import { calendarOf, holdsUntil, matchersOf } from '../pipeline/silences.ts';
import type { Answer, SilenceServices } from '../services.ts';
import type { Store } from '../store/store.ts';
import type { Engine } from './engine.ts';
import { refusal } from './refusal.ts';
import { trySilence } from './silence-trial.ts';
import type { Stored } from './work.ts';

/** Reads of the store for one page of a list. */
const mostReads = 20;

interface SilencePorts {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: Clock;
}

export function createSilenceServices({ engine, store, clock }: SilencePorts): SilenceServices {
  const told =
    (status: number) =>
    (answer: StepAnswer): Answer => {
      if (answer.kind === 'silence') return { status, body: toSilenceBody(answer.silence, clock.now()) };
      if (answer.kind !== 'refused') throw new Error('a silence was not answered as one');
      return refusal(answer.reason);
    };
  /** The engine keeps those that are not over; what it does not know may have been before. */
  const known = (id: string, answer: StepAnswer, stored: Stored): SilenceRow | null =>
    answer.kind === 'refused' && answer.reason === 'silence_not_found' ? stored.silence(id) : null;

  const breathe = () => clock.breath();
  const trying = new Set<string>();

  return {
    put(tenant, order, actor, idempotency) {
      const { id } = order;
      return engine.submit(tenant, {
        idempotency,
        input: { kind: 'silence.put', ...order, actor: actor.name },
        answer(answer, stored) {
          if (id === null) return told(201)(answer);
          return known(id, answer, stored) === null ? told(200)(answer) : refusal('silence_over');
        },
      });
    },
    expire(tenant, id, actor) {
      return engine.submit(tenant, {
        idempotency: null,
        input: { kind: 'silence.expire', id, actor: actor.name },
        answer(answer, stored) {
          const over =
            answer.kind === 'refused' && answer.reason === 'silence_over'
              ? (engine.tenant(tenant)?.pipeline.silences.get(id) ?? null)
              : known(id, answer, stored);
          return told(200)(over === null ? answer : { kind: 'silence', silence: over });
        },
      });
    },
    one: (tenant, id) => engine.tenant(tenant)?.pipeline.silences.get(id) ?? store.silence(tenant, id),
    list(tenant, { wanted, over }, limit, cursor) {
      const items: SilenceRow[] = [];
      let next = cursor;
      for (let reads = 0; reads < mostReads; reads++) {
        const page = store.silences(
          tenant,
          { ...(over !== undefined && { over }) },
          limit - items.length,
          next,
        );
        items.push(...page.items.filter(wanted));
        next = page.next;
        if (next === null || items.length === limit) break;
      }
      return { items, next };
    },
    holding(tenant, row) {
      const state = engine.tenant(tenant)?.pipeline;
      if (!state || row.closed || holdsUntil(row, calendarOf(row), clock.now()) === null) return 0;
      return takenBy(state, matchersOf(row));
    },
    async preview(tenant, matchers, limit) {
      const { pipeline } = engine.ensureTenant(tenant);
      const preview = previewSilence(pipeline, matchers, limit, clock.now());
      for (;;) {
        const step = preview.next();
        if (step.done) return step.value;
        await breathe();
      }
    },
    async try(query, signal) {
      if (trying.has(query.tenant)) {
        const message = 'A silence of this tenant is being tried already; wait for its answer.';
        throw new ApiError('overloaded', { message, retryAfter: 1 });
      }
      trying.add(query.tenant);
      try {
        return await trySilence(store, query, breathe, signal);
      } finally {
        trying.delete(query.tenant);
      }
    },
  };
}
