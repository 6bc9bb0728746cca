// Reports by schedule: a file for each time that one is due, once, also over restarts. The last time that was served is
// remembered after its file is there; whoever dies between the two writes the same file again.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locale } from '../../channels/message.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import { localTime, minuteText, timesOfDay } from '../statistics/calendar.ts';
import type { Statistics } from '../statistics/statistics.ts';
import type { Store } from '../store/store.ts';
import { type ReportFormat, reportQuery } from './report.ts';
import { reportText } from './report-text.ts';
import { dueAtOrBefore, type Schedule } from './schedule.ts';
import { writeWhole } from './write-file.ts';

export interface ScheduledReport {
  readonly name: string;
  readonly tenant: string;
  readonly schedule: Schedule;
  readonly zone: string;
  /** How far it reaches back from when it is due; whole days are days of the zone. */
  readonly periodMs: number;
  readonly format: ReportFormat;
  readonly locale: Locale;
  /** Where its files go, absolute. */
  readonly folder: string;
}

export interface ReportPorts {
  readonly reports: readonly ScheduledReport[];
  readonly store: Pick<Store, 'meta' | 'setMeta'>;
  readonly statistics: Pick<Statistics, 'reportFigures'>;
  readonly clock: Pick<Clock, 'now' | 'at'>;
  readonly log: Log;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** Times missed while the process was down that are made up for, the latest. */
const mostMissed = 10;

/** Looks once a minute. */
export function startReports({ reports, store, statistics, clock, log }: ReportPorts): { stop(): void } {
  let timer: Timer | null = null;
  let stopped = false;

  const serve = async (report: ScheduledReport): Promise<void> => {
    const key = `report:${report.name}`;
    const now = clock.now();
    const last = store.meta(key);
    if (last === null) {
      // New: nothing was missed before there was it.
      store.setMeta(key, String(now));
      return;
    }
    for (const due of dueSince(report, Number(last), now)) {
      const file = await write(report, due);
      store.setMeta(key, String(due));
      log.info('report.written', { report: report.name, file });
    }
  };

  const write = async (report: ScheduledReport, due: number): Promise<string> => {
    const { tenant, zone, format, locale, folder } = report;
    const about = { from: periodBegin(report, due), to: due, zone, withAudit: true };
    const [figures] = await statistics.reportFigures(reportQuery(tenant, about));
    const { text } = reportText({ ...about, madeAt: clock.now(), figures: figures! }, format, locale);
    await mkdir(folder, { recursive: true, mode: 0o750 });
    const file = join(folder, fileName(report, about.from, due));
    await writeWhole(file, text);
    return file;
  };

  const tick = async (): Promise<void> => {
    for (const report of reports) {
      if (stopped) return;
      try {
        await serve(report);
      } catch (error) {
        // It is due still: tried again in a minute, or after the next start.
        if (!stopped) log.error('report.failed', { report: report.name, error: String(error) });
      }
    }
    if (!stopped) arm();
  };
  const arm = () => {
    const next = (Math.floor(clock.now() / minuteMs) + 1) * minuteMs;
    timer = clock.at(next, () => void tick());
  };
  if (reports.length > 0) void tick();
  return {
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

/** When it was due after `last` up to `now`, the latest few, in order. */
function dueSince({ schedule, zone }: ScheduledReport, last: number, now: number): number[] {
  const times: number[] = [];
  let due = dueAtOrBefore(schedule, zone, now);
  while (due !== null && due > last && times.length < mostMissed) {
    times.unshift(due);
    due = dueAtOrBefore(schedule, zone, due - 1);
  }
  return times;
}

function periodBegin({ periodMs, zone }: ScheduledReport, due: number): number {
  if (periodMs % dayMs !== 0) return due - periodMs;
  const { year, month, day, hour, minute } = localTime(due, zone);
  const date = new Date(Date.UTC(year, month - 1, day) - periodMs);
  const first = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
  return timesOfDay(first, zone)(hour, minute);
}

/** `weekly-20261116T0800-20261123T0800.html`: names never meet, as no report is due twice at one time of its zone. */
function fileName({ name, zone, format }: ScheduledReport, from: number, to: number): string {
  const compact = (at: number) => minuteText(at, zone).replaceAll(/[-:]/g, '').replace(' ', 'T');
  return `${name}-${compact(from)}-${compact(to)}.${format}`;
}
