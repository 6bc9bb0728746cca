import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMail } from '../src/testing/mime-text.ts';
import { type Mail, rawMail } from './email-mime.ts';

const base: Mail = {
  from: { name: 'Tocsin', address: 'alerts@example.com' },
  to: ['ops@example.com'],
  subject: 'FIRING',
  text: 'one\ntwo\n',
  html: '<p>one</p>',
  at: 1_700_000_000_000,
  messageId: '<0190a1b2@example.com>',
  thread: '<t@example.com>',
  headers: { 'X-Tocsin-Delivery': '0190a1b2' },
};
const rawOf = (more: Partial<Mail>) => rawMail({ ...base, ...more }).toString('latin1');

describe('a mail on the wire', () => {
  it('is this', () => {
    expect(rawOf({ replyTo: 'desk@example.com' }).split('\r\n')).toEqual([
      'From: "Tocsin" <alerts@example.com>',
      'To: ops@example.com',
      'Reply-To: desk@example.com',
      'Subject: FIRING',
      'Message-ID: <0190a1b2@example.com>',
      'In-Reply-To: <t@example.com>',
      'References: <t@example.com>',
      'Date: Tue, 14 Nov 2023 22:13:20 +0000',
      'X-Tocsin-Delivery: 0190a1b2',
      'MIME-Version: 1.0',
      'Content-Type: multipart/alternative; boundary="=_0190a1b2examplecom"',
      '',
      '--=_0190a1b2examplecom',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 7bit',
      '',
      'one',
      'two',
      '',
      '--=_0190a1b2examplecom',
      'Content-Type: text/html; charset=utf-8',
      'Content-Transfer-Encoding: 7bit',
      '',
      '<p>one</p>',
      '--=_0190a1b2examplecom--',
      '',
    ]);
  });

  it.each([
    ['a name with quotes', { from: { name: 'a "b" \\c', address: 'a@b' } }, 'From: "a \\"b\\" \\\\c" <a@b>'],
    ['a name beyond ASCII', { from: { name: '告警', address: 'a@b' } }, 'From: =?UTF-8?B?5ZGK6K2m?= <a@b>'],
    ['a host beyond ASCII', { to: ['ops@bücher.example'] }, 'To: ops@xn--bcher-kva.example'],
    ['what looks like an encoded word', { subject: '=?x' }, 'Subject: =?UTF-8?B?PT94?='],
  ] as const)('spells %s', (_, more, line) => {
    expect(rawOf(more).split('\r\n')).toContain(line);
  });

  it('has no line that a boundary or a server could take for its own', () => {
    const text = '--=_0190a1b2examplecom--\n.\nFrom here';
    const raw = rawOf({ text });
    expect(raw.split('--=_0190a1b2examplecom')).toHaveLength(4);
    expect(readMail(Buffer.from(raw, 'latin1')).text).toBe(text.replaceAll('\n', '\r\n'));
  });

  it('is read as it was written, in lines that every server takes', () => {
    const words = fc.string({ unit: 'grapheme', maxLength: 200 });
    const line = words.map((text) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ''));
    fc.assert(
      fc.property(
        line,
        words,
        words,
        fc.array(fc.emailAddress(), { minLength: 1, maxLength: 50 }),
        (...all) => {
          const [subject, text, html, to] = all;
          const raw = rawMail({ ...base, subject, text, html, to });
          expect(raw.toString('latin1')).not.toMatch(/[^\r]\n|\r[^\n]|[^\r\n]{999}/);
          const read = readMail(raw);
          const crlf = (said: string) => said.replace(/\r\n?|\n/g, '\r\n');
          expect([read.subject, read.text, read.html, read.headers.to?.split(', ')]).toEqual([
            subject,
            crlf(text),
            crlf(html),
            to,
          ]);
        },
      ),
      { seed: 4711, numRuns: 300 },
    );
  });
});
