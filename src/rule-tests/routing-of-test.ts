// Receivers and routes of a test: as in a configuration, but that a receiver needs no channels.
import { z } from 'zod';
import { own } from '../config/plain.ts';
import { readTextFile } from '../config/read-file.ts';
import { buildRoute, checkRouteTree, receiversOf } from '../config/routes.ts';
import { configSchema, routeSchema } from '../config/schema.ts';
import { type Path, readSource } from '../config/source.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';

const receivers = configSchema.shape.receivers.unwrap();
const receiver = receivers.valueType.extend({ channels: z.array(z.string()).default([]) });

export const routingInput = z.strictObject({
  receivers: z.record(receivers.keyType, receiver).optional(),
  route: routeSchema.optional(),
});
export type RoutingInput = z.output<typeof routingInput>;

const longestFile = 1024 * 1024;

/** What a configuration file says of receivers and routes; the rest of it, secrets and channels, is nobody's business here. */
export function readRoutingFile(file: string, complain: (message: string) => void): RoutingInput {
  const text = readTextFile(file, longestFile);
  if (typeof text !== 'string') {
    complain(`${file}: ${text.problem}`);
    return {};
  }
  const source = readSource(file, text);
  if ('problems' in source) {
    for (const { line, column, message } of source.problems) complain(`${file}:${line}:${column} ${message}`);
    return {};
  }
  const named = { receivers: own(source.value, 'receivers'), route: own(source.value, 'route') };
  const parsed = routingInput.safeParse(named);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) complain(`${file}: ${path.join('.')}: ${message}`);
  return {};
}

export function routingOf(
  input: RoutingInput,
  complain: (path: Path, message: string) => void,
): RoutingConfig {
  const named = receiversOf(input.receivers ?? { default: { channels: [] } });
  const names = [...named.keys()];
  checkRouteTree(input.route, names, (path, message) => complain(['route', ...path], message));
  const unknown = (route: NonNullable<RoutingInput['route']>, path: Path): void => {
    if (route.receiver !== undefined && !named.has(route.receiver))
      complain([...path, 'receiver'], `no receiver is called ${JSON.stringify(route.receiver)}`);
    route.routes?.forEach((child, i) => {
      unknown(child, [...path, 'routes', i]);
    });
  };
  if (input.route) unknown(input.route, ['route']);
  const route = buildRoute(input.route ?? {}, names.length === 1 ? names[0]! : null, (path, message) =>
    complain(['route', ...path], message),
  );
  return { route, receivers: named };
}
