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
