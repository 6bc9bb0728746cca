import { runCampaign } from '/work/main/src/testing/kills/harness.ts';
import { killPointNames } from '/work/main/src/testing/kills/points.ts';

const points = process.argv[2] === 'all' ? killPointNames : process.argv[2]!.split(',');
const hit = Number(process.argv[3] ?? 1);
const t = Date.now();
const r = await runCampaign({
  seed: 1,
  deaths: points.map((point) => ({ point, hit }) as never),
  ...(process.argv[4] ? { fault: process.argv[4] as never } : {}),
});
const { violations, ...rest } = r;
console.log(Date.now() - t, 'ms', rest);
const by: Record<string, number> = {};
for (const v of violations) by[v.kind] = (by[v.kind] ?? 0) + 1;
console.log(by, violations.slice(0, 12));
