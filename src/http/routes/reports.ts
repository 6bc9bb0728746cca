// The report of a period, for programs, spreadsheets and people.
import { z } from 'zod';
import { locales } from '../../../channels/message.ts';
import { type Report, reportFormats, reportQuery } from '../../reports/report.ts';
import { reportPolicy } from '../../reports/report-html.ts';
import { reportBody } from '../../reports/report-json.ts';
import { reportText } from '../../reports/report-text.ts';
import { spanOf, spanQuery, zoneQuery } from '../bodies/span-query.ts';
import { may } from '../rights.ts';
import { route } from '../route.ts';

const weekMs = 7 * 86_400_000;

const query = z.strictObject({
  ...spanQuery,
  from: spanQuery.from.meta({ description: '7 days before `to`, unless given.' }),
  format: z.enum(reportFormats).default('json'),
  locale: z.enum(locales).default('en').meta({ description: 'Language of the HTML page.' }),
  tz: zoneQuery,
});

export const reportsRoutes = [
  route({
    method: 'get',
    path: '/api/v1/reports',
    requires: 'read',
    tag: 'statistics',
    summary:
      'The report of a period as JSON, CSV or an HTML page; who did what only for keys that may administer.',
    query,
    answers: { 200: { description: 'The report', schema: reportBody } },
    errors: ['query_timeout', 'overloaded', 'unavailable'],
    async handler({ c, deps, key, tenant, query }) {
      const { services } = deps;
      const madeAt = services.now();
      const about = {
        ...spanOf(query, madeAt, weekMs),
        zone: query.tz,
        withAudit: may(key!, 'administer'),
      };
      const [figures] = await services.statistics.reportFigures(reportQuery(tenant, about), c.req.raw.signal);
      const report: Report = { ...about, madeAt, figures: figures! };
      const { text, type } = reportText(report, query.format, query.locale);
      c.header('content-type', type);
      if (query.format === 'html')
        c.header('content-security-policy', `${reportPolicy}; frame-ancestors 'none'`);
      if (query.format === 'csv') c.header('content-disposition', 'attachment; filename="report.csv"');
      return c.body(text);
    },
  }),
];
