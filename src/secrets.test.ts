// A secret of its own in every place that a configuration can hold one. Then everything that comes out of the program is
// looked at: answers, log, figures, events, messages, the database.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseRuleFile } from '../rules/parse.ts';
import { createTocsin, type Tocsin } from './app.ts';
import { loadConfig } from './config/load.ts';
import { allRoutes } from './http/routes/index.ts';
import { pinoLog } from './log-pino.ts';
import { type ConnectProxy, startConnectProxy } from './testing/connect-proxy.ts';
import { type Receiver, startReceiver } from './testing/http-receiver.ts';

let number = 0;
const canaries: string[] = [];
/** A text that stands nowhere else. */
function canary(): string {
  const text = `canary${(++number).toString().padStart(2, '0')}kL9vQ2xZ7pW4mN8rT5`;
  canaries.push(text);
  return text;
}

const secrets = {
  admin: canary(),
  signing: canary(),
  oldSigning: canary(),
  header: canary(),
  fromFile: canary(),
  fromEnv: canary(),
  smtpPassword: canary(),
  pathOfUrl: canary(),
  queryOfUrl: canary(),
  proxyPassword: canary(),
  sealing: canary(),
  apiSigning: canary(),
  apiHeader: canary(),
  apiUrl: canary(),
  apiOff: canary(),
  apiGone: canary(),
  link: canary(),
};

let folder: string;
let receiver: Receiver;
let proxy: ConnectProxy;
let tocsin: Tocsin;
const logged: string[] = [];
const printed: string[] = [];
const events: unknown[] = [];
const answers: [string, string][] = [];

/** Everything is wrong with it: no line of its problems may show what it stands for. */
const file = (broken: boolean) => `
listen: 127.0.0.1:0
secrets_key: "${secrets.sealing.padEnd(40, '-')}"
collector: { host: false }
channels:
  hook:
    type: webhook
    url: "${receiver.url}/${secrets.pathOfUrl}?token=${secrets.queryOfUrl}"
    secret: [ "${secrets.signing}", "${secrets.oldSigning}" ]
    headers: { Authorization: "Bearer ${secrets.header}", X-File: "\${file:secret.txt}", X-Env: "\${env:HOOK}" }
    ${broken ? `max_alerts: "\${env:HOOK}"` : ''}
  mail:
    type: email
    host: 127.0.0.1
    port: 1
    username: tocsin
    password: "${secrets.smtpPassword}"
    from_email: a@example.com
    to: [${broken ? `"\${env:HOOK}"` : 'b@example.com'}]
  ${broken ? `other: { type: "\${env:HOOK}", secret: "${secrets.signing}" }` : ''}
receivers:
  all: { channels: [hook, mail${broken ? `, "\${env:HOOK}"` : ''}] }
route: { receiver: all, group_wait: 0s ${broken ? `, routes: [{ receiver: "\${file:secret.txt}", match: ["\${env:HOOK}"] }]` : ''} }
egress:
  allow: [127.0.0.0/8]
  proxy: "${broken ? `\${env:HOOK}` : `http://127.0.0.1:${proxy.port}`}"
  proxy_username: tocsin
  proxy_password: "${secrets.proxyPassword}"
public_url: https://alerts.example.com
links: { keys: [ { id: k1, secret: "${secrets.link.padEnd(32, '-')}" } ${broken ? `, { id: "\${env:HOOK}", secret: "\${env:HOOK}" }` : ''} ] }
`;
const load = (broken: boolean) => {
  writeFileSync(join(folder, 'tocsin.yaml'), file(broken));
  return loadConfig({ cwd: folder, env: { HOOK: secrets.fromEnv }, flags: {} });
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-secrets-'));
  writeFileSync(join(folder, 'secret.txt'), `${secrets.fromFile}\n`);
  mkdirSync(join(folder, 'data'));
  // Says back what it was sent, as some receivers do in their errors.
  receiver = await startReceiver({
    handler: ({ path, headers }) => ({ status: 500, body: `cannot: ${path} ${JSON.stringify(headers)}` }),
  });
  proxy = await startConnectProxy({
    leads: { [`127.0.0.1:${receiver.port}`]: receiver.port },
    login: { username: 'tocsin', password: secrets.proxyPassword },
  });
  const loaded = load(false);
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  let failures = 0;
  let bothFailed: () => void = () => {};
  const failed = new Promise<void>((resolve) => {
    bothFailed = resolve;
  });
  tocsin = await createTocsin({
    config: loaded.config,
    adminKey: secrets.admin.padEnd(40, '-'),
    log: pinoLog({ level: 'debug', sink: { write: (line) => void logged.push(line) } }),
    print: (line) => void printed.push(line),
    rules: parseRuleFile(
      'rules: [{ name: Hot, metric: m, operator: gt, threshold: 1, annotations: { summary: "{{ labels.host }}" } }]',
      'rules.yaml',
    ).rules,
    onEvents(committed) {
      events.push(...committed);
      for (const { row } of committed)
        if (row.kind === 'delivery.retry' || row.kind === 'delivery.dead') failures++;
      if (failures >= 2) bothFailed();
    },
  });
  const { port } = await tocsin.listen();
  const call = async (method: string, path: string, key: string, body?: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { 'x-api-key': key, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
    });
    answers.push([`${method} ${path}`, JSON.stringify([...response.headers]) + (await response.text())]);
    return answers.at(-1)![1];
  };
  const operator = secrets.admin.padEnd(40, '-');
  // By the name that stands for every other in the calls below.
  const made = {
    name: 'Hot',
    type: 'webhook',
    url: `${receiver.url}/${secrets.apiUrl}`,
    secret: secrets.apiSigning,
  };
  const changes = [
    { name: 'off', type: 'webhook', url: receiver.url, enabled: false, secret: secrets.apiOff },
    { name: 'gone', type: 'webhook', url: receiver.url, secret: secrets.apiGone },
    { ...made, headers: { 'X-Key': secrets.apiHeader } },
    // Nothing of what is refused is said back.
    {
      ...made,
      name: 'bad',
      colour: secrets.apiHeader,
      method: secrets.apiHeader,
      secret: [secrets.apiHeader.slice(0, 8)],
    },
  ];
  for (const change of changes)
    await call('POST', '/api/v1/alerts/channels', operator, JSON.stringify(change));
  await call('DELETE', '/api/v1/alerts/channels/gone', operator);
  await call(
    'PATCH',
    '/api/v1/alerts/channels/Hot',
    operator,
    `{"max_alerts":3,"secret":["${secrets.apiSigning}"]}`,
  );
  await call('PATCH', '/api/v1/alerts/channels/Hot', operator, '{"headers":{"X-Key":7}}');
  expect(await call('POST', '/api/v1/channels/Hot/test', operator)).toContain('"failed"');
  await call('POST', '/api/v1/metrics', operator, '[{"metric":"m","labels":{"host":"a"},"value":9}]');
  await failed;
  const idIn = (text: string, after: string) =>
    text.slice(text.indexOf(after)).match(/[0-9a-f-]{36}/)?.[0] ?? '';
  const alert = idIn(await call('GET', '/api/v1/alerts', operator), '"id"');
  const notification = idIn(await call('GET', '/api/v1/deliveries', operator), '"notification_id"');
  const key = idIn(await call('GET', '/api/v1/keys', operator), '"id"');
  for (const { method, path } of allRoutes()) {
    const id = path.includes('/alerts/') ? alert : path.includes('/keys/') ? key : notification;
    const url = path.replace('{id}', id).replace('{name}', 'Hot');
    // Secrets that are sent to where they do not belong come back to nobody either.
    const body =
      method === 'post' ? `{"type":"${secrets.signing}","severity":"${secrets.header}"}` : undefined;
    if (method === 'get' || !path.includes('/keys/')) await call(method.toUpperCase(), url, operator, body);
    await call(method.toUpperCase(), url, `${secrets.admin}-wrong`, body);
    await call(method.toUpperCase(), `${url}?token=${secrets.queryOfUrl}`, operator, body);
  }
});
afterAll(async () => {
  await receiver.close();
  await proxy.close();
  rmSync(folder, { recursive: true });
});

/** Which canaries stand in a text. */
const found = (text: string) => canaries.filter((one) => text.includes(one));

it('nothing that comes out of the program holds a secret of its configuration', async () => {
  expect(receiver.count).toBeGreaterThan(0);
  expect(found(JSON.stringify(receiver.received)).sort()).toEqual(
    expect.arrayContaining([secrets.apiHeader, secrets.apiUrl].sort()),
  );
  const ofFile = receiver.received.find(({ path }) => path.includes(secrets.pathOfUrl))!;
  expect(found(JSON.stringify(ofFile.headers))).toContain(secrets.header);
  for (const [what, text] of answers) expect([what, found(text)]).toEqual([what, []]);
  expect(answers.length).toBeGreaterThan(30);
  // The links of a message open to whoever has them: they are in the message alone.
  const [link] = /\/l\/[\w-]{60,}/.exec(ofFile.body)!;
  const everywhere = [...answers.flat(), JSON.stringify(events), ...printed];
  expect(everywhere.filter((text) => text.includes(link))).toEqual([]);
  expect(found(JSON.stringify(events))).toEqual([]);
  expect(found(printed.join('\n'))).toEqual([]);
  await tocsin.close();
  expect(logged.length).toBeGreaterThan(0);
  expect(found(logged.join('\n'))).toEqual([]);
  expect(logged.join('\n')).not.toContain(link);
  for (const name of readdirSync(join(folder, 'data'))) {
    const bytes = readFileSync(join(folder, 'data', name)).toString('latin1');
    expect([name, found(bytes), bytes.includes(link)]).toEqual([name, [], false]);
  }
});

it('no problem of a configuration shows what a reference stands for', () => {
  const loaded = load(true);
  const problems = 'problems' in loaded ? loaded.problems : [];
  expect(problems.length).toBeGreaterThan(3);
  for (const problem of problems) expect([problem, found(JSON.stringify(problem))]).toEqual([problem, []]);
});
