// Requests through the whole program in process, over the whole table of routes: no failure of ours, every error in the
// one shape with a code of the table, every answer in the shape that the API's description gives it.
import fc from 'fast-check';
import { type ErrorCode, errorCodes } from '../../../errors.ts';
import type { Route } from '../../../http/route.ts';
import { allRoutes } from '../../../http/routes/index.ts';
import { startTestApp, type TestApp } from '../../test-app.ts';
import type { Random } from '../case-random.ts';
import { anyText, generated, hostileText } from '../generated.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, inputOf, jsonOf, quoted, type Target } from '../target.ts';

const routes = allRoutes();
const config = `
collector: { host: false }
channels: { screen: { type: console } }
route: { group_wait: 0s, group_interval: 1s }
limits: { series_per_tenant: 500, ingest_bytes: 64KiB, body_bytes: 32KiB }
`;
const rules = 'rules:\n  - { name: HighCpu, metric: cpu, operator: gt, threshold: 80, for: 0s }\n';

/** Stand in paths and bodies for what the program at hand knows. */
const places = ['ALERT', 'EVENT', 'DELIVERY', 'NOTIFICATION', 'KEY'] as const;
type Known = Readonly<Record<(typeof places)[number], string>>;

const bodies = materialOf(
  [
    '{}',
    '{"samples":[{"metric":"cpu","labels":{"host":"a"},"value":91}]}',
    '{"series":[{"metric":"cpu","timestamps":[1],"values":[1]}]}',
    '{"metric":"cpu","value":1}\n',
    'cpu{host="a"} 95\n',
    '{"type":"deploy.failed","severity":"critical","message":"m","labels":{"a":"b"},"dedup_key":"k"}',
    '{"note":"seen","for":"30m"}',
    '{"until":"2199-01-01T00:00:00Z"}',
    '{"channel":"screen","since":0,"limit":10}',
    '{"name":"ci","role":"pusher"}',
    '{"name":"boss","role":"operator","tenant":"*","scopes":["read"],"expires_at":4000000000000}',
    '{"overlap":"1h"}',
    '{"overlap":0,"expires_at":"2199-01-01T00:00:00+14:00"}',
  ],
  [
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"labels":',
    '"__proto__":{}',
    'null',
    '"\\ud800"',
    '"for":"10y"',
    '"tenant":"_internal"',
  ].concat([
    '"role":"tenant_admin"',
    '8640000000000001',
    '"until":7258118399999',
    '"limit":1000',
    '"note":""',
    '1e400',
  ]),
);
const wellFormed = (text: string) => text.replaceAll(/\p{Cs}/gu, '\ufffd');
const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...places) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '0190a000-0000-7000-8000-00001234abcd',
      'HighCpu',
      '..',
      '%2e%2e',
      '%',
      '%ff',
      '%00',
    ),
  },
  { weight: 1, arbitrary: hostileText.map((text) => encodeURIComponent(wellFormed(text))) },
);
const names = [
  'limit',
  'cursor',
  'state',
  'kind',
  'rule',
  'severity',
  'channel',
  'notification_id',
  'metric',
  'match[]',
].concat(['from', 'to', 'max_points', 'since', 'until', 'actor', 'id', 'tenant', '__proto__', 'x']);
const values = [
  '1',
  '500',
  '0',
  '-1',
  '1e2',
  '0x10',
  'firing,resolved',
  'dead',
  'alert',
  'HighCpu',
  'critical',
  'screen',
  'cpu',
]
  .concat([
    'host="a"',
    'a=~"("',
    '2024-01-01T00:00:00Z',
    '1700000000000',
    '99999999999999999999',
    'ALERT',
    'NOTIFICATION',
  ])
  .concat(['AZCgAAAAcACAAAAAEjSrzQ', 'WyJhIiwie30iXQ', 'WyJhIiwiYiJd', 'MTIz', '']);
const query = fc.array(
  fc.tuple(
    fc.constantFrom(...names),
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...values) }, anyText),
  ),
  { maxLength: 3 },
);
const headers = fc.array(
  fc.constantFrom<[string, string]>(
    ...([
      'application/json',
      'application/x-ndjson',
      'text/plain',
      'application/yaml',
      'a/b+json',
      ';',
      'text/plain; charset=utf-16',
    ].map((type) => ['content-type', type]) as [string, string][]),
    ...(['k-1', 'k-2', '', 'ä', 'a b', 'x'.repeat(256)].map((key) => ['idempotency-key', key]) as [
      string,
      string,
    ][]),
    ...(['default', 'fuzz', '_internal', '../x', '', 'x'.repeat(65), '*'].map((t) => ['x-tenant-id', t]) as [
      string,
      string,
    ][]),
    ...(['gzip', 'identity', 'br', 'gzip, gzip'].map((coding) => ['content-encoding', coding]) as [
      string,
      string,
    ][]),
    ...(['0', '-1', '1e9', '999999999', 'x'].map((length) => ['content-length', length]) as [
      string,
      string,
    ][]),
    ...(['', 'tcs_x', 'x'.repeat(600)].map((key) => ['x-api-key', key]) as [string, string][]),
    ...(['Basic Og==', 'Bearer x', 'Basic %%%', 'Digest a'].map((text) => ['authorization', text]) as [
      string,
      string,
    ][]),
    ['x-request-id', 'a b'],
    ['x-http-method-override', 'DELETE'],
    ['accept', 'text/html'],
    ['range', 'bytes=0-0'],
    ['expect', '100-continue'],
  ),
  { maxLength: 3 },
);

interface Case {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Base64, null without a body. */
  readonly body: string | null;
}

function requestOf(random: Random): Case {
  const route = random.of(routes);
  const usual = route.method.toUpperCase();
  const method =
    random(12) === 0
      ? random.of(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'])
      : usual;
  let url = route.path.replace(/\{\w+\}/g, () => generated(random, path));
  if (random(40) === 0) url += random.of(['/', '//', '/..', '.json', '%2f', '?', ';a=b', '#x']);
  const asked = usual === 'GET' || random(8) === 0 ? generated(random, query) : [];
  const pairs = asked.map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(wellFormed(value))}`,
  );
  const json: [string, string] = ['content-type', 'application/json'];
  const given = generated(random, headers);
  return {
    method,
    path: pairs.length === 0 ? url : `${url}?${pairs.join('&')}`,
    headers: usual === 'POST' && random(4) > 0 ? [...given, json] : given,
    body: usual === 'POST' ? Buffer.from(mutated(random, bodies)).toString('base64') : null,
  };
}

export const http: Target = {
  name: 'http',
  holds: 'no 5xx; errors in the one shape with the status of their code; 2xx in the shape of the description',
  weight: 1.5,
  input: (random) => inputOf(requestOf(random)),
  async open() {
    const app = await startTestApp(config, rules, { durability: 'normal' });
    const known = await knownTo(app);
    return { check: (input) => ask(app, known, jsonOf<Case>(input)), close: () => app.close() };
  },
};

/** Lets the program make one of everything that a path can name. */
async function knownTo(app: TestApp): Promise<Known> {
  await app.push([{ metric: 'cpu', labels: { host: 'a' }, value: 91 }]);
  const event = { type: 't', severity: 'critical', message: 'm' };
  const { body: posted } = await app.call('POST', '/api/v1/events', event);
  const { body: key } = await app.call('POST', '/api/v1/keys', { name: 'reader', role: 'viewer' });
  const first = async (list: string) => {
    const { body } = await app.call('GET', list);
    return (body as { items: { id: string; notification_id?: string }[] }).items[0];
  };
  const alert = await first('/api/v1/alerts?kind=alert');
  let delivery = await first('/api/v1/deliveries');
  for (let turns = 0; delivery === undefined && turns < 100; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    delivery = await first('/api/v1/deliveries');
  }
  await app.call('GET', '/openapi.json');
  return {
    ALERT: alert?.id ?? '',
    EVENT: (posted as { id: string }).id,
    DELIVERY: delivery?.id ?? '',
    NOTIFICATION: delivery?.notification_id ?? '',
    KEY: (key as { id: string }).id,
  };
}

const place = new RegExp(places.join('|'), 'g');
const codes: ReadonlySet<string> = new Set<ErrorCode>(errorCodes);
const longestAnswer = 2 * 1024 * 1024;

async function ask(app: TestApp, known: Known, given: Case): Promise<void> {
  const url = `http://tocsin.test${given.path.replace(place, (name) => known[name as keyof Known])}`;
  if (!URL.canParse(url)) return;
  const head = new Headers({ 'x-api-key': app.key });
  for (const [name, value] of given.headers) {
    // What is no header cannot be sent.
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) head.set(name, value);
  }
  const bare = given.body === null || given.method === 'GET' || given.method === 'HEAD';
  const body = bare ? null : Buffer.from(given.body!, 'base64');
  const response = await app.tocsin.fetch(new Request(url, { method: given.method, headers: head, body }));
  const text = await response.text();
  const { status } = response;
  const what = () => `${given.method} ${given.path} answered ${status} ${quoted(text)}`;
  claim(text.length <= longestAnswer, () => `an answer of ${text.length} characters`);
  claim(response.headers.get('x-request-id') !== null, () => `${what()} without a request id`);
  claim(response.headers.get('x-content-type-options') === 'nosniff', () => `${what()} without its headers`);
  const pathname = new URL(url).pathname;
  const route = routes.find(
    ({ method, path: of }) => method.toUpperCase() === given.method && fits(of, pathname),
  );
  if (status < 400) return shape(route, status, text, response.headers, what);
  const json = given.method === 'HEAD' ? null : parsed(text);
  const code = json?.error?.code;
  // A read that took too long says so: the machine is busy, and nothing is wrong with the request.
  claim(status < 500 || code === 'query_timeout', what);
  if (given.method === 'HEAD') return;
  claim(response.headers.get('content-type')?.startsWith('application/json') === true, what);
  claim(typeof code === 'string' && codes.has(code), what);
  claim(typeof json?.error?.message === 'string' && Object.keys(json).length === 1, what);
}

function shape(
  route: Route | undefined,
  status: number,
  text: string,
  head: Headers,
  what: () => string,
): void {
  if (route === undefined) return;
  claim(status in route.answers, () => `${what()}, which is not described`);
  const schema = route.answers[status]?.schema;
  if (schema === undefined || !head.get('content-type')?.startsWith('application/json')) return;
  const fit = schema.safeParse(JSON.parse(text));
  claim(fit.success, () => `${what()}: ${fit.error?.message}`);
}

const fits = (of: string, pathname: string) =>
  new RegExp(`^${of.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(pathname);

interface ErrorAnswer {
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
}

function parsed(text: string): ErrorAnswer | null {
  try {
    return JSON.parse(text) as ErrorAnswer;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
