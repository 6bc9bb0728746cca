import { describe, expect, it } from 'vitest';
import type { DigestRule } from '../../pipeline/digest-rule.ts';
import { aReceiver, aRoute } from '../builders.ts';
import { isToldBy, placesThatOweTheEnd, type Told } from './routes.ts';

const place = (path: string, digest: DigestRule | null = null): Told => ({
  ...{ route: aRoute({ path }), receiver: 'team', digest },
});
const critical = place('{}/{severity="critical"}');
const host = place('{}/{host="h0"}');
const collected = place('{}/{zone="a"}', { everyMs: 60_000, severities: ['info'], max: 10, to: null });

describe('who owes a receiver the end of an alert', () => {
  it('is the route that said that it fires, at its own time, not another one of the same receiver', () => {
    expect(placesThatOweTheEnd([critical, host], [host.route.path])).toEqual([host]);
    expect(placesThatOweTheEnd([critical, host], [`${host.route.path} storm`])).toEqual([host]);
  });

  it('is each route that said so', () => {
    const both = [host.route.path, critical.route.path];
    expect(placesThatOweTheEnd([critical, host], both)).toEqual([critical, host]);
  });

  it('is every route where it is known of none, and a digest always', () => {
    expect(placesThatOweTheEnd([critical, host], [])).toEqual([critical, host]);
    expect(placesThatOweTheEnd([critical, host], ['{} digest 1m'])).toEqual([critical, host]);
    expect(placesThatOweTheEnd([critical, host, collected], [host.route.path])).toEqual([host, collected]);
  });
});

describe('an alert is told by', () => {
  const infos: DigestRule = { everyMs: 3_600_000, severities: ['info'], max: 10, to: 'team' };
  const routing = {
    route: aRoute({ receiver: 'ops', groupBy: ['host', 'zone'] }),
    receivers: new Map([['ops', aReceiver({ digest: infos })]]),
  };
  const ofH0 = { host: 'h0', severity: 'warning' };
  const group = { receiver: 'ops', route: '{}', labels: { host: 'h0' } };

  it('the group of its route that has its labels', () => {
    expect(isToldBy(group, routing, ofH0)).toBe(true);
    expect(isToldBy(group, routing, { ...ofH0, host: 'h1' })).toBe(false);
    expect(isToldBy({ ...group, route: '{}/{host="h0"}' }, routing, ofH0)).toBe(false);
    expect(isToldBy({ ...group, receiver: 'team' }, routing, ofH0)).toBe(false);
  });

  it('the digest that collects it instead', () => {
    const digest = { receiver: 'team', route: '{} digest 1h', labels: {} };
    const info = { ...ofH0, severity: 'info' };
    expect(isToldBy(digest, routing, info)).toBe(true);
    expect(isToldBy(group, routing, info)).toBe(false);
    expect(isToldBy(digest, routing, ofH0)).toBe(false);
    expect(isToldBy({ ...digest, route: '{} digest 15m' }, routing, info)).toBe(false);
  });

  it('the summary of a storm in place of all groups of its route', () => {
    expect(isToldBy({ receiver: 'ops', route: '{} storm', labels: {} }, routing, ofH0)).toBe(true);
  });
});
