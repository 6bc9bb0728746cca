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
import { defaultTenant } from '../runtime.ts';
import { startReceiver } from '../testing/http-receiver.ts';
import { startMailCatcher } from '../testing/mail-catcher.ts';
import { incidentDemo } from './demo-incident.ts';
import { createNarrator, type Narrator } from './demo-narrator.ts';
import { freeAddress, reportedChannels, startDemoProviders } from './demo-providers.ts';
import type { DemoFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { problemLine } from './problems.ts';

const patienceMs = 90_000;
const burner = 'demo-burner';
const idleMs = 8_000;
const burnMs = 9_000;
/** With a telephone that rings after a while there is more to be seen before it is over. */
const longBurnMs = 18_000;

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

/** The story can only be told when the alert carries this name; see examples/rules/demo.yaml. */
const rule = 'ProcessBurnsCpu';

export async function demoCommand(host: CliHost, flags: DemoFlags): Promise<number> {
  // Asked for at once: a Ctrl-C while everything starts must not leave the folder or the child behind.
  const stopped = stopOf(host);
  if (flags.incident !== undefined) return await incidentDemo(host, packageRoot(), stopped);
  const data = mkdtempSync(join(tmpdir(), 'tocsin-demo-'));
  const closing: (() => unknown)[] = [() => rmSync(data, { recursive: true, force: true })];
  try {
    const clock = systemClock();
    let tocsin: Tocsin | undefined;
    const narrator = createNarrator({
      print: (line) => host.out(line),
      now: () => clock.now(),
      rule,
      reported: flags.providers === 'sim' ? reportedChannels : [],
      escalates: flags.providers === 'sim',
      lookup: {
        ruleOf: (id) => tocsin?.services.alert(defaultTenant, id)?.rule ?? null,
        alertsOf: (id) => Object.keys(tocsin?.services.store.notification(defaultTenant, id)?.alerts ?? {}),
      },
    });
    const hook = await startReceiver({
      handler: (request) => {
        narrator.webhook(request);
        return { status: 200 };
      },
    });
    closing.push(() => hook.close());
    const mail = await startMailCatcher({ onMail: (caught) => narrator.mail(caught) });
    closing.push(() => mail.close());

    const providers =
      flags.providers === 'sim'
        ? await startDemoProviders({ stage: narrator, now: () => clock.now(), rule })
        : null;
    if (providers !== null) closing.push(() => providers.close());

    const loaded = loadConfig({
      file: join(packageRoot(), 'examples/demo', providers === null ? 'tocsin.yaml' : 'providers.yaml'),
      cwd: data,
      env: {
        DEMO_HOOK_URL: `${hook.url}/alerts`,
        DEMO_HOOK_SECRET: `whsec_${randomBytes(24).toString('base64')}`,
        DEMO_MAIL_PORT: String(mail.port),
        ...(providers !== null && { ...providers.env, DEMO_LISTEN: await freeAddress() }),
      },
      flags: { data },
    });
    if ('problems' in loaded) {
      for (const problem of loaded.problems) host.err(problemLine(problem, data));
      return exitCodes.usage;
    }
    const { config } = loaded;
    tocsin = await createTocsin({ config, clock, onEvents: (events) => narrator.events(events) });
    const { collector, initialKey, close } = tocsin;
    closing.push(close);
    const { host: address, port } = await tocsin.listen();
    const url = `http://${address}:${port}`;
    const burns = providers === null ? burnMs : longBurnMs;
    greet(host, url, initialKey ?? '', hook.url, `${mail.host}:${mail.port}`, burns, providers?.about ?? []);

    const child = startBurner(burns);
    closing.push(() => child.kill());
    collector?.watchProcess(burner, child.pid!);
    return await watch(host, flags, narrator, stopped, `-H 'X-API-Key: ${initialKey}' ${url}`);
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** Resolves when the process is asked to end; asked a second time it ends at once. */
function stopOf(host: CliHost): Promise<'stopped'> {
  return new Promise((resolve) => {
    let asked = false;
    host.onStop(() => {
      if (asked) host.exit(exitCodes.failed);
      asked = true;
      resolve('stopped');
    });
  });
}

function startBurner(burns: number): ChildProcess {
  const here = fileURLToPath(import.meta.url);
  const file = join(dirname(here), here.endsWith('.ts') ? 'burner.ts' : 'burner.js');
  return fork(file, [String(idleMs), String(burns)], { stdio: 'ignore' });
}

function greet(
  host: CliHost,
  url: string,
  key: string,
  hook: string,
  mail: string,
  burns: number,
  more: readonly string[],
): void {
  host.out('Tocsin demo: real metrics of this machine, a real incident, a real webhook and a real mail.');
  host.out(`  API       ${url}`);
  host.out(`  key       ${key}`);
  host.out(`  webhook   ${hook}/alerts (a receiver of this demo)`);
  host.out(`  mail      ${mail} (a catcher of this demo)`);
  for (const line of more) host.out(line);
  host.out(`  rule      ${rule}, in examples/rules/demo.yaml`);
  host.out(`In ${idleMs / 1000} s a child process burns one core for ${burns / 1000} s. Watch:`);
  host.out('');
}

/** Until the end was told (`--once`), until asked to stop, or until patience is over. */
async function watch(
  host: CliHost,
  flags: DemoFlags,
  narrator: Narrator,
  stopped: Promise<'stopped'>,
  request: string,
): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), patienceMs);
  });
  const end = await Promise.race([narrator.seen.then(() => 'seen' as const), late, stopped]);
  clearTimeout(timer);
  // `--once` is for scripts: only the whole way is a success.
  if (end === 'stopped') {
    host.out('Stopped.');
    return flags.once ? exitCodes.failed : exitCodes.ok;
  }
  host.out('');
  if (end === 'late') {
    host.err(`After ${patienceMs / 1000} s not everything was seen: ${narrator.missing().join(', ')}.`);
    if (flags.once) return exitCodes.failed;
  } else {
    host.out(
      flags.providers === 'sim'
        ? 'That was the whole way: told by WeCom, confirmed by nobody, called, confirmed by phone, over, told by SMS.'
        : 'That was the whole way: measured, evaluated, stored, told by webhook and mail, resolved, told again.',
    );
    if (flags.once) {
      host.out('Next: "A first rule" in README.md.');
      return exitCodes.ok;
    }
    host.out('Look at what was stored (in another terminal, while the demo runs):');
    host.out(`  curl -sS ${request}/api/v1/alerts`);
    host.out(`  curl -sS ${request}/api/v1/deliveries`);
    host.out('Next: "A first rule" in README.md.');
  }
  host.out('Ctrl-C ends the demo.');
  await stopped;
  host.out('Stopped.');
  return exitCodes.ok;
}
