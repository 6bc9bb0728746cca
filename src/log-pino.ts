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

/** `error` fields show type, message, stack and cause. */
export function pinoLog(options: { level?: LogLevel; sink?: LineSink } = {}): Log {
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
    options.sink ?? destination({ fd: 2, sync: true }),
  );
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}): void =>
      logger[level](fields, event);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
