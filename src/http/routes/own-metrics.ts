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
    async handler({ c, deps }) {
      const text = await deps.metrics.metrics();
      return c.body(text, 200, { 'content-type': deps.metrics.contentType });
    },
  }),
];
