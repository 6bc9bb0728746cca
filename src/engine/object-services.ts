// Channels and templates as people configure them: what there is, and what becomes of an order.

import type { Clock } from '../clock.ts';
import { escalationDocument } from '../config/api-escalation.ts';
import { scheduleDocument } from '../config/api-schedule.ts';
import { shownAddress } from '../config/secret-places.ts';
import type { ChannelRegistry } from '../delivery/channel-registry.ts';
import type { Wording } from '../delivery/message-template.ts';
import type { OpenChannel } from '../delivery/open-channels.ts';
import type { ObjectEntry } from '../http/bodies/object-body.ts';
import type { ObjectServices, Services } from '../services.ts';
import { channelEntry, decideChannel, type OpenTrial } from './channel-orders.ts';
import type { Engine } from './engine.ts';
import { decideEscalation, escalationEntry } from './escalation-orders.ts';
import { channelSurroundings, templateSurroundings } from './object-users.ts';
import { decideSchedule, scheduleEntry } from './schedule-orders.ts';
import { decideTemplate, templateEntry } from './template-orders.ts';

export interface ObjectPorts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly registry: ChannelRegistry;
  /** Opens a channel and closes it again. */
  readonly tryOpen: OpenTrial;
}

export function createObjectServices(ports: ObjectPorts): Services['objects'] {
  return {
    channel: channelObjects(ports),
    template: templateObjects(ports),
    schedule: scheduleObjects(ports),
    escalation: escalationObjects(ports),
  };
}

function channelObjects({ engine, clock, newId, registry, tryOpen }: ObjectPorts): ObjectServices {
  const entries = (tenant: string): ObjectEntry[] => {
    const { channels } = engine.booksOf(tenant);
    const ofFile = [...channels.ofFile.keys()].flatMap((name) => registry.file.get(name) ?? []);
    return [...ofFile.map(fileChannel), ...channels.made.entries.map((made) => channelEntry(channels, made))];
  };
  return {
    entries,
    entry: (tenant, idOrName) => found(entries(tenant), idOrName),
    change: (tenant, order, actor, idempotency) =>
      engine.submitObject(tenant, { of: 'channel', order, actor: actor.name, idempotency }),
    try(tenant, order, actor) {
      const surroundings = channelSurroundings(engine.booksOf(tenant));
      return decideChannel(order, surroundings, tryOpen, { actor: actor.name, newId }, clock.now()).answer;
    },
  };
}

function templateObjects({ engine, clock, newId }: ObjectPorts): ObjectServices {
  const entries = (tenant: string): ObjectEntry[] => {
    const { templates } = engine.booksOf(tenant);
    const ofFile = [...templates.ofFile.values()].map(fileTemplate);
    return [...ofFile, ...templates.made.entries.map((made) => templateEntry(templates, made))];
  };
  return {
    entries,
    entry: (tenant, idOrName) => found(entries(tenant), idOrName),
    change: (tenant, order, actor, idempotency) =>
      engine.submitObject(tenant, { of: 'template', order, actor: actor.name, idempotency }),
    try(tenant, order, actor) {
      const surroundings = templateSurroundings(engine.booksOf(tenant));
      return decideTemplate(order, surroundings, { actor: actor.name, newId }, clock.now()).answer;
    },
  };
}

function scheduleObjects({ engine, clock, newId }: ObjectPorts): ObjectServices {
  const entries = (tenant: string): ObjectEntry[] => {
    const { rota } = engine.booksOf(tenant);
    const ofFile = [...rota.ofFile.values()].map((schedule) => ({
      ...{ name: schedule.name, document: scheduleDocument(schedule), row: null, problems: [] },
      place: rota.file.directory?.placeOf?.('schedules', schedule.name) ?? null,
    }));
    return [...ofFile, ...rota.madeSchedules.entries.map((made) => scheduleEntry(rota, made))];
  };
  return {
    entries,
    entry: (tenant, idOrName) => found(entries(tenant), idOrName),
    change: (tenant, order, actor, idempotency) =>
      engine.submitObject(tenant, { of: 'schedule', order, actor: actor.name, idempotency }),
    try(tenant, order, actor) {
      const hand = { actor: actor.name, newId };
      return decideSchedule(order, engine.booksOf(tenant), hand, tenant, clock.now()).answer;
    },
  };
}

function escalationObjects({ engine, clock, newId }: ObjectPorts): ObjectServices {
  const entries = (tenant: string): ObjectEntry[] => {
    const { escalations } = engine.booksOf(tenant).routes;
    const ofFile = [...escalations.ofFile.values()].map((policy) => ({
      ...{ name: policy.name, document: escalationDocument(policy), row: null, problems: [] },
      place: escalations.file.directory?.placeOf?.('escalations', policy.name) ?? null,
    }));
    return [...ofFile, ...escalations.made.entries.map((made) => escalationEntry(escalations, made))];
  };
  return {
    entries,
    entry: (tenant, idOrName) => found(entries(tenant), idOrName),
    change: (tenant, order, actor, idempotency) =>
      engine.submitObject(tenant, { of: 'escalation', order, actor: actor.name, idempotency }),
    try(tenant, order, actor) {
      const hand = { actor: actor.name, newId };
      return decideEscalation(order, engine.booksOf(tenant), hand, tenant, clock.now()).answer;
    },
  };
}

/** The id of one of the API first; of a name the file's. */
function found(entries: readonly ObjectEntry[], idOrName: string): ObjectEntry | null {
  return (
    entries.find(({ row }) => row?.id === idOrName) ?? entries.find(({ name }) => name === idOrName) ?? null
  );
}

/** As it was read: secrets are marks. */
function fileChannel(channel: OpenChannel): ObjectEntry {
  const { name, type, settings, fallback = [], template, locale, place } = channel;
  const document = { type, fallback, template, locale, ...(shownSettings(settings) as object) };
  const written = Object.entries(document).filter(([, value]) => value !== undefined);
  return { name, document: Object.fromEntries(written), row: null, place: place ?? null, problems: [] };
}

function shownSettings(settings: unknown): unknown {
  const mask = (value: unknown): unknown => (value === '***' ? { secret: true } : value);
  return JSON.parse(
    JSON.stringify(settings, (_, value: unknown) =>
      typeof value === 'string' ? mask(shownAddress(value)) : value,
    ),
  );
}

function fileTemplate({ name, written = {}, place }: Wording): ObjectEntry {
  return { name, document: { ...written }, row: null, place: place ?? null, problems: [] };
}
