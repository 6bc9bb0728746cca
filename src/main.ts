#!/usr/bin/env node
// The process: the only file that touches it. Everything else is handed what it needs.
import { exitCodes } from './cli/host.ts';
import { runCli } from './cli/program.ts';
import { compactHeap } from './compact-heap.ts';

compactHeap();

// A reader that went away (`tocsin check | head`) is no reason for a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.failed);
});

// A bug: what is in memory can no longer be trusted, what is on the disk can. The supervisor starts anew.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    process.stderr.write(
      `${event}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(exitCodes.broken);
  });
}

// Not awaited at the top level: the bundle of the command is a classic script.
void runCli({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  onStop(callback) {
    process.on('SIGINT', callback);
    process.on('SIGTERM', callback);
  },
  exit: (code) => process.exit(code),
}).then((code) => {
  process.exitCode = code;
});
