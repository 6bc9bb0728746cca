// `tocsin serve`: refuses to start on any problem and says all of them; runs until asked to end; ends cleanly.
import type { Problem } from '../../rules/types.ts';
import type { Tocsin } from '../app.ts';
import { loadConfig } from '../config/load.ts';
import { pinoLog } from '../log-pino.ts';
import { StoreError } from '../store/store.ts';
import type { ServeFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { counted, problemLine } from './problems.ts';
import { version } from './version.ts';

const afterDamage =
  'keep a copy of this folder, then put a backup in its place (samples.db alone may be moved away: windows fill anew)';

/** Answers the exit code once everything is closed. */
export async function serveCommand(host: CliHost, flags: ServeFlags): Promise<number> {
  const { env, cwd } = host;
  const { config: file, ...overrides } = flags;
  const loaded = loadConfig({ ...(file !== undefined && { file }), cwd, env, flags: overrides });
  const refuse = (problems: readonly Problem[]) => {
    for (const problem of problems) host.err(problemLine(problem, cwd));
    host.err(`not started: ${counted(problems.length, 'problem')}`);
    return exitCodes.usage;
  };
  if ('problems' in loaded) return refuse(loaded.problems);
  const { config } = loaded;
  const { createTocsin, RuleFilesError } = await import('../app.ts');
  const log = pinoLog({
    level: levelOf(env.TOCSIN_LOG),
    sink: { write: (line) => host.err(line.trimEnd()) },
  });

  let stop: (code: number) => void = () => {};
  const stopped = new Promise<number>((resolve) => {
    stop = resolve;
  });
  let tocsin: Tocsin;
  try {
    tocsin = await createTocsin({
      config,
      log,
      print: (line) => host.out(line),
      ...(env.TOCSIN_ADMIN_KEY && { adminKey: env.TOCSIN_ADMIN_KEY }),
      // Nothing can be saved any more: what is in memory is worth nothing, a restart takes up what is on the disk.
      onFatal: () => host.exit(exitCodes.broken),
    });
  } catch (error) {
    if (error instanceof RuleFilesError) return refuse(error.problems);
    host.err(`not started: ${error instanceof Error ? error.message : String(error)}`);
    if (!(error instanceof StoreError) || error.failure === 'busy') return exitCodes.failed;
    if (error.failure === 'corrupt') host.err(`${config.data}: ${afterDamage}`);
    return exitCodes.broken;
  }
  let asked = false;
  host.onStop(() => {
    if (asked) host.exit(exitCodes.failed); // asked twice: somebody does not want to wait
    asked = true;
    stop(exitCodes.ok);
  });
  try {
    const address = await tocsin.listen();
    greet(host, address, tocsin.initialKey, loaded.file, tocsin.ruleCount);
    if (config.mock) host.out('mock: nothing leaves this process');
  } catch (error) {
    host.err(`not started: ${listenFailure(error, config.listen)}`);
    // The key is stored already and will not be made again.
    if (tocsin.initialKey !== null) showKey(host, tocsin.initialKey);
    await tocsin.close();
    return exitCodes.failed;
  }
  const code = await stopped;
  log.info('stopping');
  await tocsin.close();
  return code;
}

function greet(
  host: CliHost,
  address: { host: string; port: number },
  key: string | null,
  file: string | null,
  rules: number,
): void {
  const shownHost = address.host.includes(':') ? `[${address.host}]` : address.host;
  const url = `http://${shownHost}:${address.port}`;
  host.out(
    `Tocsin ${version()} listens on ${url} (${file ?? 'no configuration file'}, ${counted(rules, 'rule')})`,
  );
  if (!/^(127\.|::1$|localhost$)/.test(address.host)) {
    host.out('It can be reached from other machines and speaks plain HTTP: put TLS in front of it.');
  }
  if (key === null) return;
  host.out('');
  showKey(host, key);
  host.out('Push a first sample:');
  host.out(
    `  curl -sS ${url}/api/v1/metrics -H 'X-API-Key: ${key}' -H 'content-type: application/json' ` +
      `-d '{"samples":[{"metric":"demo.value","labels":{"host":"here"},"value":1}]}'`,
  );
  host.out('');
}

function showKey(host: CliHost, key: string): void {
  host.out(`Operator key, shown this once: ${key}`);
}

function listenFailure(error: unknown, listen: { host: string; port: number }): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const where = `${listen.host}:${listen.port}`;
  if (code === 'EADDRINUSE') return `${where} is taken by another program (--listen HOST:PORT takes another)`;
  if (code === 'EACCES') return `${where} may not be used by this user`;
  if (code === 'EADDRNOTAVAIL') return `${where} is not an address of this machine`;
  return error instanceof Error ? error.message : String(error);
}

function levelOf(name: string | undefined): 'debug' | 'info' | 'warn' | 'error' | 'silent' {
  const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
  return levels.find((level) => level === name) ?? 'info';
}
