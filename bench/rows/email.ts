// Mails a second through one channel, to a server in a process of its own, over STARTTLS with a login, with as many under
// way as the channel takes. Each is answered for: what was called sent is what the server took.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { hostileMessage } from '../../channels/contract-message.ts';
import { email } from '../../channels/email.ts';
import { createEgress } from '../../src/delivery/egress.ts';
import { atLeast, exactly } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { median } from '../statistics.ts';

export const emailThroughput: Scenario = {
  id: 'email.throughput',
  async run(bench) {
    const server = await startMailServer(bench);
    const egress = createEgress({ allow: ['127.0.0.0/8'] });
    const settings = email.config.parse({
      host: '127.0.0.1',
      port: server.port,
      username: 'bench',
      password: 'bench',
      use_tls: 'starttls',
      tls_servername: 'localhost',
      tls_reject_unauthorized: false,
      from_email: 'tocsin@example.com',
      to: ['ops@example.com'],
    });
    const instance = email.open(settings, {
      dispatcher: () => egress.dispatcher(),
      connect: egress.connect,
      now: Date.now,
      print: () => {},
    });
    const hostile = hostileMessage();
    // One alert of ordinary size.
    const alert = {
      ...hostile.alerts[0]!,
      labels: { alertname: 'HighCpu', host: 'web-1', env: 'prod', severity: 'warning' },
      annotations: { summary: 'CPU of web-1 at 97 %', runbook_url: 'https://example.com/runbooks/cpu' },
    };
    const message = { ...hostile, groupLabels: { env: 'prod' }, alerts: [alert], truncated: 0 };
    let began = 0;
    let sent = 0;
    const ids = new Set<string>();
    /** Sends `n` mails, rendered one by one as the program does. */
    const send = async (n: number) => {
      const end = began + n;
      const sender = async () => {
        while (began < end) {
          began += 1;
          const result = await instance.send(email.render(message, { config: settings, locale: 'en' }), {
            deliveryId: `bench-${began}`,
            attempt: 1,
            now: Date.now(),
            signal: AbortSignal.timeout(email.limits.deadlineMs),
          });
          if (result.kind !== 'sent') continue;
          sent += 1;
          ids.add(result.providerId ?? '');
        }
      };
      await Promise.all(Array.from({ length: email.limits.concurrency }, sender));
    };
    const rounds = bench.short ? 1 : 5;
    const count = bench.short ? 500 : 5_000;
    // The code is compiled, and every connection has its TLS and its login behind it.
    await send(bench.short ? 100 : 2_000);
    const rates: number[] = [];
    const { user: before } = process.cpuUsage();
    for (let round = 0; round < rounds; round++) {
      const at = performance.now();
      await send(count);
      rates.push((count / (performance.now() - at)) * 1_000);
    }
    const { user: after } = process.cpuUsage();
    bench.report.row({
      id: 'email.throughput',
      value: median(rates),
      unit: `mails per second over STARTTLS with a login, ${email.limits.concurrency} connections`,
      spread: [Math.min(...rates), Math.max(...rates)],
      bar: atLeast(1_300),
      also: { cpu_us_per_mail: (after - before) / (count * rounds) },
    });
    const taken = await server.taken();
    bench.report.row({
      id: 'email.throughput.lost',
      value: began - Math.min(sent, taken, ids.size),
      unit: 'mails that were not taken, not answered for or not told apart',
      bar: exactly(0),
      also: { sent, taken },
    });
    await instance.close();
    await egress.close();
    server.stop();
  },
};

async function startMailServer(bench: Bench) {
  const child = fork(join(bench.built, 'bench', 'mail-server.js'), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', resolve as (message: unknown) => void);
    child.once('exit', (code) => reject(new Error(`the mail server ended with ${code}`)));
  });
  return {
    port,
    async taken(): Promise<number> {
      child.send('taken');
      const [taken] = (await once(child, 'message')) as [number];
      return taken;
    },
    stop: () => void child.kill(),
  };
}
