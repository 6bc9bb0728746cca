import { describe, expect, it } from 'vitest';
import { tameMessage } from '../src/testing/providers/tame-message.ts';
import { card } from './card.ts';
import { escapeMarks } from './chat-text.ts';
import { hostileMessage } from './contract-message.ts';
import { wecomMarkdown } from './wecom-body.ts';

const locale = 'en';

describe('a card', () => {
  it('names the first alert and tells of it as far as there is room, whatever its labels are', () => {
    for (const maxBytes of [1_000, 2_000, 4_000]) {
      const { text } = card(hostileMessage(), { locale }, wecomMarkdown, { maxAlerts: 10, maxBytes });
      const bytes = Buffer.byteLength(text);
      expect(bytes).toBeLessThanOrEqual(maxBytes);
      expect(bytes).toBeGreaterThan(maxBytes * 0.8);
      expect(text).toContain('**FIRING [critical] HighCpu');
      expect(text).toMatch(/Value.*: 0\n/);
      expect(text).toMatch(/… and 1006 more$/);
    }
  });

  it('says all of an alert that fits', () => {
    const { text } = card(tameMessage(), { locale }, wecomMarkdown, { maxAlerts: 10, maxBytes: 2_000 });
    expect(text).toContain('host=web-1');
    expect(text).toContain('[https://wiki.example/cpu](https://wiki.example/cpu)');
    expect(text).not.toContain('more');
  });

  it('writes no mark of a text: they become their wide twins', () => {
    expect(escapeMarks('<@all> **b** `c` [x](http://evil.example) a]')).toBe(
      '＜@all＞ ＊＊b＊＊ ｀c｀ [x］(http://evil.example) a］',
    );
    expect(escapeMarks('(x) \ud83d')).toBe('（x) \ufffd');
  });
});
