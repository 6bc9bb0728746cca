// The routing of whoever gave none: one receiver, with the timing that a configuration has by default.
import { buildRoute, receiversOf } from '../config/routes.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';

export function plainRouting(): RoutingConfig {
  return {
    route: buildRoute({}, 'default', () => {}),
    receivers: receiversOf({ default: { channels: [] } }),
  };
}
