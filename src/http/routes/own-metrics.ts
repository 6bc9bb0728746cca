// The program's own figures in Prometheus' text format.
import { route } from '../route.ts';

export const ownMetricsRoutes = [
  route({
    method: 'get',
    path: '/metrics',
    requires: 'read_or_loopback',
    scope: 'installation',
    tag: 'health',
    summary: 'Figures of this program, for Prometheus. From the same machine no key is needed.',
    answers: { 200: { description: 'Prometheus text' } },
    async handler({ c, deps, key }) {
      const text = await deps.metrics.metrics();
      const shown = key === null || key.tenant === '*' ? text : withoutOthers(text, key.tenant);
      return c.body(shown, 200, { 'content-type': deps.metrics.contentType });
    },
  }),
];

/** A tenant's key sees the figures of the program and its own, not those of other tenants. */
function withoutOthers(text: string, tenant: string): string {
  return text
    .split('\n')
    .filter((line) => (/[{,]tenant="([^"]*)"/.exec(line)?.[1] ?? tenant) === tenant)
    .join('\n');
}
