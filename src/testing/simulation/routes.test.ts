import { describe, expect, it } from 'vitest';
import type { DigestRule } from '../../pipeline/digest-rule.ts';
import { aRoute } from '../builders.ts';
import { placesThatOweTheEnd, type Told } from './routes.ts';

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
