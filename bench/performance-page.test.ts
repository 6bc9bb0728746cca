// The page says what the rows say: no figure is lost, no miss and no skip looks like a pass.
import { expect, it } from 'vitest';
import { performancePage } from './performance-page.ts';
import { atLeast, atMost, Report } from './report.ts';

const machine = {
  command: 'npm run bench -- --write docs/performance.md',
  at: Date.UTC(2030, 0, 2),
  cpu: 'Planted CPU | 3 GHz',
  cores: 2,
  memoryGiB: 24.2,
  kernel: '6.1.0',
  node: 'v20.20.2',
  load: 0.4,
  tookMs: 540_000,
};

function rows() {
  const report = new Report(() => {}, false);
  report.row({
    id: 'ingest.json.1000',
    value: 1_234_567,
    unit: 'samples per CPU-second',
    ratio: 1.6,
    against: 'node:http + JSON.parse: 771000',
    bar: atLeast(1.5, 'time', 'ratio'),
    ratioSpread: [1.5, 1.7],
    loopP999Ms: 51,
  });
  report.skip({ id: 'peers.pushgateway', unit: 'samples', bar: atLeast(8, 'time', 'ratio') }, 'no package');
  report.row({
    id: 'idle.rss',
    value: 70,
    unit: 'MiB',
    bar: atMost(80),
    spread: [69, 71],
    goal: 'value <= 60',
  });
  report.row({ id: 'planted.new', value: 3, unit: 'things' });
  report.broken('tenants.fairness', new Error('a pipe | in it'));
  return report.rows;
}

it('has a line for every row, in sections, with what was missed and what was skipped', () => {
  expect(performancePage(rows(), machine)).toMatchSnapshot();
});

it('leaves no row out and ends no cell early', () => {
  const page = performancePage(rows(), machine);
  for (const { id } of rows()) expect(page).toContain(`| \`${id}\` |`);
  for (const line of page.split('\n').filter((text) => text.startsWith('| `'))) {
    expect(line.replaceAll('\\|', '').split('|')).toHaveLength(8);
  }
});
