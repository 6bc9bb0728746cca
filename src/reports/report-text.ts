// A report in each of its formats.
import type { Locale } from '../../channels/message.ts';
import type { Report, ReportFormat } from './report.ts';
import { reportCsv } from './report-csv.ts';
import { reportHtml } from './report-html.ts';
import { reportJson } from './report-json.ts';

/** The text of a report, and its content type. Words are in the language of `locale` in HTML alone: the rest is for programs. */
export function reportText(
  report: Report,
  format: ReportFormat,
  locale: Locale,
): { readonly text: string; readonly type: string } {
  switch (format) {
    case 'json':
      return { text: JSON.stringify(reportJson(report)), type: 'application/json' };
    case 'csv':
      return { text: reportCsv(report), type: 'text/csv; charset=utf-8' };
    case 'html':
      return { text: reportHtml(report, locale), type: 'text/html; charset=utf-8' };
  }
}
