// A volume that is really full, under the whole program: SQLite's own answer to it, and a ballast of real blocks.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteHistory } from '../ingest/history-sqlite.ts';
import { type Receiver, startReceiver } from '../testing/http-receiver.ts';
import { lacks, titled } from '../testing/machine/lacks.ts';
import { mountSmallVolume } from '../testing/machine/small-volume.ts';
import { startTestApp } from '../testing/test-app.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const config = (hook: Receiver) => `
collector: { host: false }
ballast: 1MiB
channels: { hook: { type: webhook, url: "${hook.url}/" } }
receivers: { ops: { channels: [hook], dedupe_window: 0s } }
storm: false
route: { receiver: ops, group_by: [n], group_wait: 0s, group_interval: 0s }
egress: { allow: [127.0.0.0/8] }
`;
const until = async (holds: () => Promise<boolean>) => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const lacking = lacks('root');
describe('a full volume', () => {
  it.skipIf(lacking !== null)(
    titled(
      'refuses what is new, ends what is open, keeps what it answered, and is over when there is room',
      lacking,
    ),
    async () => {
      const volume = mountSmallVolume(24);
      closing.push(() => volume.unmount());
      let answer: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const hook = await startReceiver({
        handler: async () => {
          await held;
          return { status: 200 };
        },
      });
      closing.push(() => hook.close());
      const app = await startTestApp(config(hook), 'rules: []', { folder: volume.folder });
      let open = true;
      closing.push(() => (open ? app.close() : undefined));
      const answered: string[] = [];
      const post = async (n: number) => {
        const reply = await app.call('POST', '/api/v1/events', {
          type: 'load',
          severity: 'warning',
          message: 'm'.repeat(4_000),
          labels: { n: String(n) },
        });
        if (reply.status === 202) answered.push((reply.body as { id: string }).id);
        return reply.status;
      };
      const get = (path: string) => app.call('GET', path);
      const sentIds = async () => {
        const { body } = await get('/api/v1/deliveries?state=sent&limit=500');
        return (body as { items: { id: string }[] }).items.map(({ id }) => id);
      };

      for (let n = 0; n < 5; n++) expect(await post(n)).toBe(202);
      await until(async () => hook.count === 5); // all of them under way, none answered
      const at = Date.now();
      expect(await app.push([{ metric: 'm', labels: { host: 'a' }, value: 1, timestamp: at }])).toBe(202);
      volume.fill();
      let n = 5;
      while ((await post(n)) === 202) n += 1;
      // The flush of the sample found no room, or finds none.
      await pause(1_100);
      expect((await get('/health')).body).toMatchObject({
        status: 'degraded',
        ready: false,
        checks: { disk: 'failed' },
      });
      expect((await get('/health/ready')).status).toBe(503);
      const refused = await app.tocsin.fetch(
        new Request('http://tocsin.test/api/v1/metrics', {
          method: 'POST',
          headers: { 'x-api-key': app.key, 'content-type': 'application/json' },
          body: '{"samples":[{"metric":"m","value":2}]}',
        }),
      );
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
      const metrics = await app.tocsin.fetch(
        new Request('http://tocsin.test/metrics', { headers: { 'x-api-key': app.key } }),
      );
      expect(await metrics.text()).toMatch(/^tocsin_disk_full 1$/m);

      // Every delivery ends, and its result is stored, in the place of the ballast.
      answer();
      await until(async () => (await sentIds()).length > answered.length);
      expect(await sentIds()).toHaveLength(answered.length + 1);
      expect(hook.received.filter(({ body }) => body.includes('tocsin.disk_full'))).toHaveLength(1);
      const ids = hook.received.map(({ headers }) => headers['webhook-id']);
      expect(new Set(ids).size).toBe(ids.length);

      volume.free();
      await until(async () => (await get('/health/ready')).status === 200);
      expect(await post(10_000)).toBe(202);
      await until(async () => (await sentIds()).length > answered.length);
      await until(async () => ((await get('/health')).body as { status: string }).status === 'ok');
      const { body } = await get('/api/v1/alerts?limit=500');
      const known = (body as { items: { id: string }[] }).items.map(({ id }) => id);
      expect(known).toEqual(expect.arrayContaining(answered));

      open = false;
      await app.close();
      for (const name of ['tocsin.db', 'samples.db']) {
        const db = new Database(join(volume.folder, 'data', name), { readonly: true });
        expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
        db.close();
      }
      const history = openSqliteHistory({ file: join(volume.folder, 'data/samples.db') });
      const values: number[] = [];
      history.range(at, at, (block) => values.push(...block.values));
      history.close();
      expect(values).toEqual([1]);
    },
    30_000,
  );
});
