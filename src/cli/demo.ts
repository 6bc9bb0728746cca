// `tocsin demo`: serves on 127.0.0.1 with data in a fresh folder, collects real metrics of this machine, and makes a real
// incident with a child process that burns a core. The mail catcher and the webhook receiver are real servers too.
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTocsin, type Tocsin } from '../app.ts';
import { systemClock } from '../clock.ts';
import { loadConfig } from '../config/load.ts';
import { startReceiver } from '../testing/http-receiver.ts';
import { startMailCatcher } from '../testing/mail-catcher.ts';
import { createNarrator, type Narrator } from './demo-narrator.ts';
import type { DemoFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { problemLine } from './problems.ts';

const patienceMs = 90_000;
const burner = 'demo-burner';
const idleMs = 8_000;
const burnMs = 9_000;

/** The package's folder, from the source tree and from dist/ alike. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'examples/demo/tocsin.yaml'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error('examples/demo/tocsin.yaml is not where the package was installed');
    folder = parent;
  }
  return folder;
}

export async function demoCommand(host: CliHost, flags: DemoFlags): Promise<number> {
  const clock = systemClock();
  const data = mkdtempSync(join(tmpdir(), 'tocsin-demo-'));
  const closing: (() => unknown)[] = [() => rmSync(data, { recursive: true, force: true })];
  const narrator: Narrator = createNarrator(
    (line) => host.out(line),
    clock.now(),
    () => clock.now(),
    'ProcessBurnsCpu',
  );
  try {
    const hook = await startReceiver({
      handler: (request) => {
        narrator.webhook(request);
        return { status: 200 };
      },
    });
    closing.push(() => hook.close());
    const mail = await startMailCatcher({ onMail: (caught) => narrator.mail(caught) });
    closing.push(() => mail.close());

    const loaded = loadConfig({
      file: join(packageRoot(), 'examples/demo/tocsin.yaml'),
      cwd: data,
      env: {
        DEMO_HOOK_URL: `${hook.url}/alerts`,
        DEMO_HOOK_SECRET: randomBytes(24).toString('base64'),
        DEMO_MAIL_PORT: String(mail.port),
      },
      flags: { data },
    });
    if ('problems' in loaded) {
      for (const problem of loaded.problems) host.err(problemLine(problem, data));
      return exitCodes.usage;
    }
    const tocsin = await createTocsin({
      config: loaded.config,
      clock,
      onEvents: (events) => narrator.events(events),
    });
    closing.push(() => tocsin.close());
    const { host: address, port } = await tocsin.listen();
    const url = `http://${address}:${port}`;
    greet(host, url, tocsin, hook.url, `${mail.host}:${mail.port}`);

    const child = startBurner();
    closing.push(() => child.kill());
    tocsin.collector?.watchProcess(burner, child.pid!);
    return await watch(host, flags, narrator, url, tocsin.initialKey ?? '');
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

function startBurner(): ChildProcess {
  const here = fileURLToPath(import.meta.url);
  return fork(
    join(dirname(here), here.endsWith('.ts') ? 'burner.ts' : 'burner.js'),
    [String(idleMs), String(burnMs)],
    {
      stdio: 'ignore',
    },
  );
}

function greet(host: CliHost, url: string, tocsin: Tocsin, hook: string, mail: string): void {
  host.out('Tocsin demo: real metrics of this machine, a real incident, a real webhook and a real mail.');
  host.out(`  API       ${url}`);
  host.out(`  key       ${tocsin.initialKey}`);
  host.out(`  webhook   ${hook}/alerts (a receiver of this demo)`);
  host.out(`  mail      ${mail} (a catcher of this demo)`);
  host.out(`In ${idleMs / 1000} s a child process burns one core for ${burnMs / 1000} s. Watch:`);
  host.out('');
}

/** Until the end was told (`--once`), until asked to stop, or until patience is over. */
async function watch(
  host: CliHost,
  flags: DemoFlags,
  narrator: Narrator,
  url: string,
  key: string,
): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), patienceMs);
  });
  const stopped = new Promise<'stopped'>((resolve) => host.onStop(() => resolve('stopped')));
  const end = await Promise.race([narrator.seen.then(() => 'seen' as const), late, stopped]);
  clearTimeout(timer);
  if (end === 'stopped') return exitCodes.ok;
  if (end === 'late') {
    host.err(`not seen to its end within ${patienceMs / 1000} s`);
    if (flags.once) return exitCodes.failed;
  } else {
    host.out('');
    host.out('That was the whole way. What happened to it, step by step:');
    host.out(`  curl -sS -H 'X-API-Key: ${key}' '${url}/api/v1/alerts'`);
    host.out('Next: write a rule of your own (examples/rules/host.yaml) and start `npm start`.');
  }
  if (flags.once) return exitCodes.ok;
  host.out('Ctrl-C ends the demo.');
  await stopped;
  return exitCodes.ok;
}
