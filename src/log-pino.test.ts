import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type LogLevel, pinoLog } from './log-pino.ts';

const written = (level: LogLevel = 'info') => {
  const lines: string[] = [];
  const log = pinoLog({ level, sink: { write: (line) => void lines.push(line) } });
  return { log, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
};

it('writes an event with its fields as one line of JSON', () => {
  const { log, parsed } = written();
  log.info('delivery.sent', { channel: 'hook', ms: 12 });
  log.debug('quiet');
  expect(parsed()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      event: 'delivery.sent',
      channel: 'hook',
      ms: 12,
    },
  ]);
});

it('masks whatever is named like a secret', () => {
  const { log, parsed } = written();
  log.warn('x', { key: 'hunter2', settings: { password: 'hunter2', headers: { a: 'hunter2' } } });
  expect(JSON.stringify(parsed())).not.toContain('hunter2');
});

it('shows an error with its cause', () => {
  const { log, parsed } = written();
  log.error('x', { error: new Error('outer', { cause: new Error('inner') }) });
  expect(parsed()[0]?.error).toMatchObject({ message: 'outer', cause: { message: 'inner' } });
});

it('is one line of printable text for an event, whatever is in it', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'a\r\n{"level":"info","event":"forged"}',
      '\u001b[2J\u001b]0;title\u0007',
      '\u009b31m',
      '\u2028',
    ),
  );
  fc.assert(
    fc.property(hostile, hostile, (name, value) => {
      const lines: string[] = [];
      const log = pinoLog({ sink: { write: (line) => void lines.push(line) } });
      log.warn('rules.refused', { message: value, [`x${name}`]: value, error: new Error(value) });
      expect(lines).toHaveLength(1);
      const [line = ''] = lines;
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(JSON.parse(line)).toMatchObject({ event: 'rules.refused', message: value });
    }),
  );
});
