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
