// `tocsin demo --incident cascade`: one simulated incident with more than a hundred alerts, pushed as monitoring would
// push it, into a server that is real. It ends by itself.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlertSignal } from '../../analysis/signals.ts';
import { createTocsin } from '../app.ts';
import { systemClock } from '../clock.ts';
import { loadConfig } from '../config/load.ts';
import { startReceiver } from '../testing/http-receiver.ts';
import { planIncident } from './demo-incident-plan.ts';
import { createIncidentStory, type ShownIncident } from './demo-incident-story.ts';
import { type CliHost, exitCodes } from './host.ts';
import { problemLine } from './problems.ts';

/** All that is waited for together; the demo takes about a minute. */
const patienceMs = 80_000;
/** The cause is looked for half a minute after the first: some are still to come then, whose summary names it. */
const alertsForMs = 45_000;
const steps = 45;
const samplesAtOnce = 1_000;

/** `root` is the package's folder. Exit code 0 once a summary came, the cause was found, and a message named it. */
export async function incidentDemo(
  host: CliHost,
  root: string,
  stopped: Promise<'stopped'>,
): Promise<number> {
  const data = mkdtempSync(join(tmpdir(), 'tocsin-demo-'));
  const closing: (() => unknown)[] = [() => rmSync(data, { recursive: true, force: true })];
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), patienceMs);
  let asked = false;
  void stopped.then(() => {
    asked = true;
    over.abort();
  });
  try {
    const clock = systemClock();
    const story = createIncidentStory({ print: (line) => host.out(line), now: () => clock.now() });
    const hook = await startReceiver({
      handler: ({ body }) => {
        story.message(body);
        return { status: 200 };
      },
    });
    closing.push(() => hook.close());
    const loaded = loadConfig({
      file: join(root, 'examples/demo/incident.yaml'),
      cwd: data,
      env: {
        DEMO_HOOK_URL: `${hook.url}/alerts`,
        DEMO_HOOK_SECRET: `whsec_${randomBytes(24).toString('base64')}`,
      },
      flags: { data },
    });
    if ('problems' in loaded) {
      for (const problem of loaded.problems) host.err(problemLine(problem, data));
      return exitCodes.usage;
    }
    const tocsin = await createTocsin({ config: loaded.config, clock });
    closing.push(tocsin.close);
    const { host: address, port } = await tocsin.listen();
    const call = caller(`http://${address}:${port}`, tocsin.initialKey ?? '');

    const plan = planIncident(clock.now());
    story.begin(plan);
    await call('PUT', '/api/v1/topology', { edges: plan.edges.map(({ from, to }) => ({ from, to })) });
    for (let n = 0; n < plan.samples.length; n += samplesAtOnce)
      await call('POST', '/api/v1/metrics', { samples: plan.samples.slice(n, n + samplesAtOnce) });

    const fire = async (alerts: readonly AlertSignal[]) => {
      story.sent(alerts.length);
      await call('POST', '/api/v1/webhooks/alertmanager', { alerts: alerts.map(toAlertmanager) });
    };
    const each = Math.ceil(plan.alerts.length / steps);
    const pushed = (async () => {
      for (let n = 0; n < plan.alerts.length && !over.signal.aborted; n += each) {
        await fire(plan.alerts.slice(n, n + each));
        await pause(alertsForMs / steps, over.signal);
      }
      story.say(`All ${plan.alerts.length} alerts are in.`);
    })();
    // Whoever waits for it comes later.
    pushed.catch(() => over.abort());

    const found = await until(over.signal, async () => {
      const { items } = (await call('GET', '/api/v1/alerts/incidents')) as { items: ShownIncident[] };
      const largest = items.toSorted((one, other) => other.alerts - one.alerts)[0];
      if (largest?.cause?.verdict !== 'found') return null;
      return (await call('GET', `/api/v1/alerts/incidents/${largest.id}`)) as ShownIncident;
    });
    if (found !== null) story.incident(found, plan.truth);
    await pushed;
    // One more summary tells of the last ones.
    const before = story.summaries();
    if (found !== null)
      await until(over.signal, async () => (story.named() && story.summaries() > before ? true : null));
    if (asked) {
      host.out('Stopped.');
      return exitCodes.failed;
    }
    story.end();
    const missing = story.missing();
    if (missing.length === 0) return exitCodes.ok;
    host.err(`After ${patienceMs / 1000} s not everything was seen: ${missing.join(', ')}.`);
    return exitCodes.failed;
  } finally {
    clearTimeout(timer);
    for (const close of closing.reverse()) await close();
  }
}

/** Rejects with what the server says when it does not take a request. */
function caller(url: string, key: string) {
  return async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(url + path, {
      method,
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text.slice(0, 300)}`);
    return text === '' ? null : JSON.parse(text);
  };
}

const toAlertmanager = ({ labels, text, at }: AlertSignal) => ({
  status: 'firing',
  labels,
  annotations: { summary: text },
  startsAt: new Date(at).toISOString(),
});

/** Ends early, without an error, when it is over. */
function pause(ms: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (over.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      over.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    over.addEventListener('abort', done);
  });
}

/** Null when it was over before there was an answer. */
async function until<T>(over: AbortSignal, ask: () => Promise<T | null>): Promise<T | null> {
  while (!over.aborted) {
    const answer = await ask();
    if (answer !== null) return answer;
    await pause(500, over);
  }
  return null;
}
