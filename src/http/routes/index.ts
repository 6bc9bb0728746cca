// Every route there is, in the order in which paths are tried: fixed words before parameters.
import type { Route } from '../route.ts';
import { alertsRoutes } from './alerts.ts';
import { auditRoutes } from './audit.ts';
import { deliveriesRoutes } from './deliveries.ts';
import { eventsRoutes } from './events.ts';
import { explainRoutes } from './explain.ts';
import { healthRoutes } from './health.ts';
import { keysRoutes } from './keys.ts';
import { metricsRoutes } from './metrics.ts';
import { openapiRoutes } from './openapi.ts';
import { ownMetricsRoutes } from './own-metrics.ts';
import { replaysRoutes } from './replays.ts';
import { rulesRoutes } from './rules.ts';
import { seriesRoutes } from './series.ts';

export function allRoutes(): readonly Route[] {
  const routes: Route[] = [
    ...healthRoutes,
    ...ownMetricsRoutes,
    ...metricsRoutes,
    ...eventsRoutes,
    ...seriesRoutes,
    ...replaysRoutes,
    ...rulesRoutes,
    ...explainRoutes,
    ...alertsRoutes,
    ...deliveriesRoutes,
    ...keysRoutes,
    ...auditRoutes,
  ];
  routes.push(...openapiRoutes(routes));
  return routes;
}
