import { describe, expect, it } from 'vitest';
import { linksOf, webAddress } from './links.ts';

describe('the links of a message', () => {
  it('are addresses of the web and nothing else', () => {
    for (const url of ['http://a', 'https://a.example:9090/graph?g0.expr=up%7B%7D#x', 'HTTPS://A/b'])
      expect(webAddress(url)).toBe(url);
    for (const text of [
      'javascript:alert(1)',
      'data:text/html,x',
      'ftp://a/b',
      '//a/b',
      '/d/1',
      'https://',
      'https://a b',
      'https://a/\u202egnp.exe',
      'https://a/\nBcc: x',
      `https://a/${'x'.repeat(1_000)}`,
      `https://a/${'('.repeat(400)}`,
    ])
      expect(webAddress(text), text).toBeNull();
  });

  it('cannot end the marks that a channel puts around them', () => {
    expect(webAddress('https://a/b)[x](https://evil)')).toBe('https://a/b%29%5Bx%5D%28https://evil%29');
    expect(webAddress('https://a/"><script>')).toBe('https://a/%22%3E%3Cscript%3E');
    expect(webAddress('https://a"onclick=x')).toBeNull();
  });

  it('come from the annotations of rules and senders by their names', () => {
    const annotations = {
      dashboard_url: 'https://g/d/1',
      generator_url: 'http://prom/graph',
      silence_url: 'javascript:1',
      runbook_url: 'https://wiki/run',
      summary: 'https://not-a-link',
    };
    expect(linksOf({ annotations })).toEqual({
      dashboard: 'https://g/d/1',
      source: 'http://prom/graph',
      runbook: 'https://wiki/run',
    });
    expect(linksOf({ annotations: Object.create({ runbook_url: 'https://inherited' }) })).toEqual({});
  });
});
