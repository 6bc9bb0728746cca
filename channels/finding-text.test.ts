import { expect, it } from 'vitest';
import { findingText } from './finding-text.ts';

const finding = {
  ...{ value: 88, at: Date.UTC(2026, 0, 9, 14), low: 12, mid: 20, high: 31, score: 0.8, oneIn: 40_321 },
  seasonal: true,
};

it('tells what was expected, in the language and the zone of who reads it', () => {
  expect(findingText(finding, 'en')).toBe('expected 12–31 at this hour on Fridays, got 88; 1 in 40,000');
  expect(findingText({ ...finding, seasonal: false }, 'en')).toBe('expected 12–31, got 88; 1 in 40,000');
  expect(findingText(finding, 'zh-TW', 'Pacific/Kiritimati')).toBe(
    '週六的這個時段預期 12–31，實際 88；40,000 次中才有 1 次',
  );
  expect(findingText({ ...finding, oneIn: Infinity, low: 0.123456 }, 'zh-CN')).toBe(
    '周五的这个时段预期 0.123–31，实际 88；1e+15 次中才有 1 次',
  );
});

it('tells which of several metrics do not fit one another, and by how much', () => {
  const together = [
    { metric: 'cpu', value: 18.25, low: 24.04, high: 31, beside: true },
    { metric: 'latency', value: 20, low: 10, high: 14, beside: true },
  ];
  const joint = { ...finding, together };
  expect(findingText(joint, 'en')).toBe(
    'do not fit together: cpu expected 24–31 beside the others, got 18.25; latency expected 10–14 beside the others, got 20; 1 in 40,000',
  );
  expect(findingText(joint, 'zh-TW')).toBe(
    '彼此不相符：cpu 依其他指標預期 24–31，實際 18.25；latency 依其他指標預期 10–14，實際 20；40,000 次中才有 1 次',
  );
  expect(findingText(joint, 'zh-CN')).toBe(
    '彼此不相符：cpu 依其他指标预期 24–31，实际 18.25；latency 依其他指标预期 10–14，实际 20；40,000 次中才有 1 次',
  );
  const apart = { ...finding, together: together.map((one) => ({ ...one, beside: false })) };
  expect(findingText(apart, 'en')).toBe(
    'unusual at once: cpu expected 24–31, got 18.25; latency expected 10–14, got 20; 1 in 40,000',
  );
  expect(findingText(apart, 'zh-TW')).toBe(
    '同時異常：cpu 預期 24–31，實際 18.25；latency 預期 10–14，實際 20；40,000 次中才有 1 次',
  );
  expect(findingText(apart, 'zh-CN')).toBe(
    '同时异常：cpu 预期 24–31，实际 18.25；latency 预期 10–14，实际 20；40,000 次中才有 1 次',
  );
});
