// tocsin.yaml: a configuration or problems that have their place, and no secret in any of them.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../../config/load.ts';
import { memoryFolder } from '../../memory-folder.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, quoted, type Target, textOf } from '../target.ts';

// Commands and tests run in the project's folder; the program itself may have been compiled to another.
const root = process.cwd();
// Long enough to be no word of a problem.
const secret = 'zq7-hidden-value-zq7';
const email = `channels:
  mail:
    type: email
    host: smtp.example.com
    username: tocsin
    password: "\${env:SECRET}"
    from_email: tocsin@example.com
    to: [ops@example.com]
`;
const small = [
  email,
  'channels:\n  hook:\n    type: webhook\n    url: https://example.com/a\n    secret: "\x24{env:SECRET}"\n    headers: { Authorization: "Bearer \x24{file:secret}" }\n',
  'listen: 127.0.0.1:0\ncollector: { host: false }\nchannels: { screen: { type: console } }\nreceivers: { ops: { channels: [screen], dedupe_window: 5m } }\nroute: { receiver: ops, group_by: [alertname], routes: [ { match: [\'a="b"\', \'c=~"d|e"\'], group_wait: 0s } ] }\n',
  'retention: { schedule: "0 3 * * *", samples: 7d, samples_bytes: 2GiB }\nlimits: { series_per_tenant: 10, body_bytes: 64KiB, past: 1h }\negress: { allow: [10.0.0.0/8, localhost] }\nchannels: { s: { type: console } }\n',
  'rules: [a, b]\ndata: "\x24{env:FOLDER}"\nchannels: { s: { type: console } }\n',
];
const tokens = [
  'channels:',
  'receivers:',
  'route:',
  'routes:',
  'match: [',
  'receiver: ',
  'type: webhook',
  '\n  ',
  '\n    ',
  ': ',
]
  .concat([
    '\x24{env:SECRET}',
    '\x24{env:NONE}',
    '\x24{file:secret}',
    '\x24{file:none}',
    '\x24{',
    '}',
    '{',
    '[',
    ']',
    ',',
    '- ',
    '"',
    "'",
  ])
  .concat([
    '&a ',
    '*a',
    '!!binary ',
    '|\n',
    '---\n',
    '0s',
    '5m',
    '10y',
    '-1',
    '2GiB',
    '127.0.0.1:1',
    'continue: true',
    '...',
  ])
  .concat([
    '* * * * *',
    '60 24 32 13 8',
    '*/0 * * * *',
    '10.0.0.0/33',
    '::/0',
    'group_by: [...]',
    'a=~"("',
    'x@y',
    '__proto__: ',
  ]);
const material = materialOf(
  [...small, ...small, readFileSync(join(root, 'examples/tocsin.yaml'), 'utf8')],
  tokens,
);

export const configFile: Target = {
  name: 'config-file',
  holds: 'a configuration, or problems within the file that quote no secret',
  weight: 2,
  input: (random) => mutated(random, material),
  open() {
    const folder = memoryFolder('tocsin-fuzz-');
    const file = join(folder, 'tocsin.yaml');
    writeFileSync(join(folder, 'secret'), `${secret}\n`);
    return {
      check(input) {
        writeFileSync(file, input);
        const env = { SECRET: secret, FOLDER: '/data', A: 'b' };
        const loaded = loadConfig({ file, cwd: folder, env, flags: {} });
        if ('config' in loaded) return;
        const lines = textOf(input).split('\n').length;
        claim(loaded.problems.length > 0, 'neither a configuration nor a problem');
        for (const problem of loaded.problems) {
          const { line, column, message } = problem;
          const at = `${line}:${column}: ${message}`;
          claim(line >= 1 && line <= lines && column >= 1, () => `a problem at ${at} of ${lines} lines`);
          claim(message !== '' && message.length <= 20_000, () => quoted(at));
          claim(!JSON.stringify(problem).includes(secret), () => `a secret in ${quoted(at)}`);
        }
      },
      async close() {
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};
