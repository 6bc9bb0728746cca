// docs/performance.md out of the rows of one run. Every figure on the page comes from a row; only the words are ours.
import type { Row } from './report.ts';
import type { Machine } from './this-machine.ts';

interface Section {
  readonly title: string;
  /** First words of the ids. */
  readonly of: readonly string[];
  readonly note: string;
}

const sections: readonly Section[] = [
  {
    title: 'Pushing samples',
    of: ['ingest'],
    note: 'With 1,000 threshold rules that never fire, 10,000 series, and the history on. The limit beside each figure is a bare `node:http` server that does nothing with the samples.',
  },
  {
    title: 'Beside other programs',
    of: ['peers'],
    note: 'A yardstick of what it costs to accept a push, not equal work: VictoriaMetrics stores and indexes every sample to disk; a pushgateway keeps the last value of each group and forgets the rest; we keep a window in memory, judge it, and append to a history. What a program does after its round counts for none of them.',
  },
  {
    title: 'Evaluation',
    of: ['evaluation'],
    note: 'The share is the difference of CPU between the same stream with 1,000 rules and with none, in short turns that alternate: of all threads, and of the main thread alone, where rules are evaluated and which the folding of the history does not blur. A sweep evaluates every pair of rule and series anew at one new sample; as the engine does it, most pairs need no evaluation.',
  },
  {
    title: 'Rule files',
    of: ['rules'],
    note: 'A hundred rules for each of 100 metrics, over 10,000 series. The longest pause is the time in which the loop did nothing else; when all rules change at once the engine takes them over in one piece.',
  },
  {
    title: 'Silences',
    of: ['silences'],
    note: 'A thousand silences, half of them regular expressions over hosts, beside 10,000 firing alerts with a host each. The clock stands still, so a turn takes as many groups as it ever may; the first look asks every expression about every host.',
  },
  {
    title: 'Escalations',
    of: ['escalation'],
    note: 'Ten thousand groups with a host each, whose alerts come in 25 seconds, so that their steps fall due spread over as long, 45 seconds later. The whole program with a real disk, on the real clock; between the last alert and the first step it is stopped and started again. `cpu` is the CPU of the main thread in the longest piece of its loop: what it would be on a machine that does nothing else.',
  },
  {
    title: 'Alerts',
    of: ['alerts', 'machine'],
    note: 'One alert a push, one delivery each, committed with `synchronous=FULL`. The limit is the same program over a store that keeps nothing. A change to firing or to resolved is one alert.',
  },
  {
    title: 'Bursts, storms and long loads',
    of: ['deliveries', 'email', 'tenants', 'faults', 'load', 'load10m', 'grouping', 'notifications'],
    note: '`lost` and `doubled` are counted at the receiver, message by message.',
  },
  {
    title: 'When messages come',
    of: ['timelines'],
    note: 'Small stories with timings of some hundred milliseconds on the real clock: how far off the message was that was off the most.',
  },
  {
    title: 'The process',
    of: ['idle', 'series', 'restart'],
    note: 'The command as it ships, started as `npm start` does.',
  },
];

/** The page. Rows that no section knows stand under a heading of their own: none is left out. */
export function performancePage(rows: readonly Row[], machine: Machine): string {
  const known = sections.map((section) => ({
    ...section,
    rows: rows.filter(({ id }) => section.of.includes(id.split('.', 1)[0]!)),
  }));
  const others = rows.filter((row) => !known.some((section) => section.rows.includes(row)));
  const all = [...known, { title: 'Others', note: '', rows: others }].filter((part) => part.rows.length > 0);
  return `# Performance

Written by the bench, no figure by hand: \`${machine.command}\`.

| | |
| --- | --- |
| date | ${new Date(machine.at).toISOString().slice(0, 10)} |
| machine | ${cell(machine.cpu)}, ${machine.cores} cores, ${machine.memoryGiB.toFixed(0)} GiB, Linux ${machine.kernel} |
| Node | ${machine.node} |
| load at the end | ${machine.load.toFixed(1)} |
| took | ${(machine.tookMs / 60_000).toFixed(1)} minutes |
| bars | ${summary(rows)} |

Figures are medians of rounds in which the sides take turns, with the smallest and the largest round in brackets. A ratio is the figure by the limit that was measured beside it in the same rounds; CPU for each unit of work tells more than time, which other programs on the machine lengthen. \`loop\` is the event-loop delay at p99.9, of the worst round. Three words end a row: **kept**, **missed**, *skipped*.

${all.map(({ title, note, rows: own }) => `## ${title}\n\n${note === '' ? '' : `${note}\n\n`}${table(own)}\n`).join('\n')}`;
}

function summary(rows: readonly Row[]): string {
  const judged = rows.filter(({ bar, ok }) => bar !== null || ok === false);
  const count = (wanted: boolean | null) => judged.filter(({ ok }) => ok === wanted).length;
  const missed = judged.filter(({ ok }) => ok === false).map(({ id }) => `\`${id}\``);
  const names = missed.length === 0 ? '' : ` (${missed.join(', ')})`;
  return `${count(true)} kept, ${missed.length} missed${names}, ${count(null)} skipped`;
}

function table(rows: readonly Row[]): string {
  const head = '| figure | value | ratio | against | bar | ok |\n| --- | --- | --- | --- | --- | --- |';
  return [head, ...rows.map(line)].join('\n');
}

function line(row: Row): string {
  const cells = [
    `\`${row.id}\``,
    row.value === null ? '' : `${number(row.value)} ${row.unit}${range(row.spread)}`,
    row.ratio === null ? '' : `${number(row.ratio)}${range(row.ratio_spread)}`,
    row.skipped ?? row.against ?? '',
    [row.bar ?? '', row.goal === undefined ? '' : `goal: ${row.goal}`]
      .filter((text) => text !== '')
      .join('; '),
    verdict(row),
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

const range = (spread: Row['spread']): string =>
  spread === undefined ? '' : ` (${number(spread[0])} to ${number(spread[1])})`;

function verdict({ ok, bar }: Row): string {
  if (ok === null) return '*skipped*';
  if (!ok) return '**missed**';
  return bar === null ? '' : 'kept';
}

const number = (value: number | null | undefined): string =>
  value === null || value === undefined ? '?' : value.toLocaleString('en', { maximumSignificantDigits: 4 });

/** What stands in a cell may not end it. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
