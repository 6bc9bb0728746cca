// The log as JSON lines on stderr. Whatever is named like a secret is masked, however it got into the fields.
import { destination, pino, stdSerializers } from 'pino';
import type { Log, LogFields } from './log.ts';

const secretNames = [
  'key',
  'apiKey',
  'secret',
  'password',
  'pass',
  'token',
  'authorization',
  'cookie',
  'headers',
  'body',
  'payload',
];

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Where lines go; stderr unless told otherwise. */
export interface LineSink {
  write(line: string): void;
}

// JSON escapes the control characters of ASCII only; a terminal obeys the others as well.
const unescaped = /[\u007f-\u009f\u2028\u2029]/g;

function printable(line: string): string {
  return line.replace(unescaped, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `error` fields show type, message, stack and cause. */
export function pinoLog(options: { level?: LogLevel; sink?: LineSink } = {}): Log {
  const sink = options.sink ?? destination({ fd: 2, sync: true });
  const logger = pino(
    {
      level: options.level ?? 'info',
      messageKey: 'event',
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: stdSerializers.errWithCause },
      redact: {
        paths: secretNames.flatMap((name) => [name, `*.${name}`]),
        censor: '***',
      },
    },
    { write: (line: string) => void sink.write(printable(line)) },
  );
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}): void =>
      logger[level](fields, event);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
