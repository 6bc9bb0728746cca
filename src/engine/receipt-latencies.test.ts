import { expect, it } from 'vitest';
import { OtherNames } from './other-names.ts';
import { ReceiptLatencies } from './receipt-latencies.ts';

it('latencies are those of the newest 256 messages, of each tenant and of the channel', () => {
  const latencies = new ReceiptLatencies();
  expect(latencies.of('acme', 'sms')).toEqual({ count: 0, p50: null, p95: null });
  for (let ms = 1; ms <= 100; ms++) latencies.note('acme', 'sms', ms);
  latencies.note('other', 'sms', -5);
  expect(latencies.of('acme', 'sms')).toEqual({ count: 100, p50: 50, p95: 95 });
  expect(latencies.of('other', 'sms')).toEqual({ count: 1, p50: 0, p95: 0 });
  for (let n = 0; n < 256; n++) latencies.note('acme', 'sms', 7_000);
  expect(latencies.of('acme', 'sms')).toEqual({ count: 256, p50: 7_000, p95: 7_000 });
  expect([...latencies.all()]).toEqual([{ channel: 'sms', count: 256, p50: 7_000, p95: 7_000 }]);
});

it('other names of deliveries are kept for an hour, and ten thousand of them', () => {
  const names = new OtherNames();
  names.add('call', 'a', 0);
  names.add('call', 'b', 0);
  expect(names.of('call', 1_000)).toEqual(['a', 'b']);
  expect(names.of('call', 3_600_000)).toEqual([]);
  for (let n = 0; n < 10_100; n++) names.add(`call ${n}`, 'c', 1_000);
  expect([names.of('call', 1_000), names.of('call 99', 1_000)]).toEqual([[], []]);
  expect(names.of('call 10099', 1_000)).toEqual(['c']);
});
