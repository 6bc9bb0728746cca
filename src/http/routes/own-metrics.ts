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
      const shown =
        key === null || key.tenant === '*'
          ? text
          : withoutOthers(text, key.tenant, deps.services.channels.keys(key.tenant));
      return c.body(shown, 200, { 'content-type': deps.metrics.contentType });
    },
  }),
];

/** A tenant's key sees the figures of the program and its own, not those of other tenants and of their channels. */
function withoutOthers(text: string, tenant: string, channels: ReadonlySet<string>): string {
  const isOwn = (line: string): boolean => {
    const labelled = /[{,]tenant="([^"]*)"/.exec(line)?.[1];
    if (labelled !== undefined) return labelled === tenant;
    const channel = /[{,]channel="([^"]*)"/.exec(line)?.[1];
    if (channel !== undefined) return channels.has(channel);
    // A template of a tenant is called by both names; one of the file is everybody's.
    const [owner, own] = /[{,]template="([^"]*)"/.exec(line)?.[1]?.split('/') ?? [];
    return own === undefined || owner === tenant;
  };
  return text.split('\n').filter(isOwn).join('\n');
}
