// Every route there is, in the order in which paths are tried: fixed words before parameters.

import type { Route } from '../route.ts';
import { alertActionRoutes } from './alert-actions.ts';
import { alertsRoutes } from './alerts.ts';
import { analyzeRoutes } from './analyze.ts';
import { auditRoutes } from './audit.ts';
import { callbacksRoutes } from './callbacks.ts';
import { channelsRoutes } from './channels.ts';
import { configuredRoutes } from './configured.ts';
import { deliveriesRoutes } from './deliveries.ts';
import { digestsRoutes } from './digests.ts';
import { effectivenessRoutes } from './effectiveness.ts';
import { eventsRoutes } from './events.ts';
import { explainRoutes } from './explain.ts';
import { healthRoutes } from './health.ts';
import { heartbeatsRoutes } from './heartbeats.ts';
import { incidentsRoutes } from './incidents.ts';
import { keysRoutes } from './keys.ts';
import { linksRoutes } from './links.ts';
import { metricsRoutes } from './metrics.ts';
import { onCallRoutes } from './on-call.ts';
import { openapiRoutes } from './openapi.ts';
import { ownMetricsRoutes } from './own-metrics.ts';
import { patternsRoutes } from './patterns.ts';
import { peopleRoutes } from './people.ts';
import { predictionsRoutes } from './predictions.ts';
import { reachTestsRoutes } from './reach-tests.ts';
import { replaysRoutes } from './replays.ts';
import { reportsRoutes } from './reports.ts';
import { rotaCalendarsRoutes } from './rota-calendars.ts';
import { routingRoutes } from './routing.ts';
import { rulesRoutes } from './rules.ts';
import { seriesRoutes } from './series.ts';
import { silenceTrialsRoutes } from './silence-trials.ts';
import { silencesRoutes } from './silences.ts';
import { statisticsRoutes } from './statistics.ts';
import { stormRoutes } from './storm.ts';
import { templatesRoutes } from './templates.ts';
import { webhooksRoutes } from './webhooks.ts';

export function allRoutes(): readonly Route[] {
  const routes: Route[] = [
    ...healthRoutes,
    ...ownMetricsRoutes,
    ...metricsRoutes,
    ...eventsRoutes,
    ...webhooksRoutes,
    ...heartbeatsRoutes,
    ...seriesRoutes,
    ...replaysRoutes,
    ...rulesRoutes,
    ...routingRoutes,
    ...configuredRoutes,
    ...onCallRoutes,
    ...rotaCalendarsRoutes,
    ...reachTestsRoutes,
    ...peopleRoutes,
    ...statisticsRoutes,
    ...effectivenessRoutes,
    ...reportsRoutes,
    ...explainRoutes,
    ...incidentsRoutes,
    ...analyzeRoutes,
    ...patternsRoutes,
    ...predictionsRoutes,
    ...alertsRoutes,
    ...silenceTrialsRoutes,
    ...silencesRoutes,
    ...alertActionRoutes,
    ...digestsRoutes,
    ...stormRoutes,
    ...deliveriesRoutes,
    ...callbacksRoutes,
    ...linksRoutes,
    ...channelsRoutes,
    ...templatesRoutes,
    ...keysRoutes,
    ...auditRoutes,
  ];
  routes.push(...openapiRoutes(routes));
  return routes;
}
