// Receivers, routes and dependencies of a test: as in a configuration, but that a receiver needs no channels.
import { z } from 'zod';
import { own } from '../config/plain.ts';
import { readTextFile } from '../config/read-file.ts';
import { checkRouteTree, receiversOf } from '../config/routes.ts';
import { buildRouting, danglingInRoute, routingNames } from '../config/routing.ts';
import { receiverSchema, routingSections } from '../config/routing-schema.ts';
import { type Path, readSource } from '../config/source.ts';
import { topologySchema } from '../config/topology.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';

const receivers = routingSections.receivers.unwrap();
const receiver = receiverSchema.extend({ channels: z.array(z.string()).default([]) });

export const routingInput = z.strictObject({
  ...routingSections,
  receivers: z.record(receivers.keyType, receiver).optional(),
  topology: topologySchema.optional(),
});
export type RoutingInput = z.output<typeof routingInput>;

const longestFile = 1024 * 1024;

/**
 * What a configuration file says of who is told what, to a tenant that has its own sections there or to all; the rest of
 * it, secrets and channels, is nobody's business here.
 */
export function readRoutingFile(
  file: string,
  tenant: string,
  complain: (message: string) => void,
): RoutingInput {
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
  const tenants = own(source.value, 'tenants');
  const sections = own(tenants, tenant) ?? source.value;
  const named = Object.fromEntries(
    Object.keys(routingSections).flatMap((key) => {
      const value = own(sections, key);
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
  const topology = own(source.value, 'topology');
  const parsed = routingInput.safeParse({ ...named, ...(topology !== undefined && { topology }) });
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) complain(`${file}: ${path.join('.')}: ${message}`);
  return {};
}

export function routingOf(
  input: RoutingInput,
  complain: (path: Path, message: string) => void,
): RoutingConfig {
  const inRoute = (path: Path, message: string) => complain(['route', ...path], message);
  checkRouteTree(input.route, routingNames(input).receivers, inRoute);
  danglingInRoute(input.route, routingNames(input), (path, what, name) =>
    inRoute(path, `no ${what} is called ${JSON.stringify(name)}`),
  );
  return buildRouting(input, receiversOf(input.receivers ?? { default: { channels: [] } }), complain);
}
