// Who may do what. A route names one right; a role holds rights; a key may narrow its role by scopes. Deny by default.
import type { ApiKeyRow, Role } from '../store/rows.ts';

/** Roles that somebody can ask for. */
export const roles = [
  'ingest',
  'viewer',
  'responder',
  'editor',
  'admin',
  'operator',
] as const satisfies readonly Role[];

/** Right → the roles that hold it. */
const holders = {
  /** Push metrics and events. */
  push: ['ingest', 'admin', 'operator'],
  /** Read alerts, history, rules, deliveries, figures. */
  read: ['viewer', 'responder', 'editor', 'admin', 'operator'],
  /** Acknowledge, resolve. */
  respond: ['responder', 'editor', 'admin', 'operator'],
  /** Make, change and delete rules. */
  edit: ['editor', 'admin', 'operator'],
  /** Keys, members, limits, audit. */
  administer: ['admin', 'operator'],
} as const satisfies Record<string, readonly Role[]>;

export type Right = keyof typeof holders;
export const rights = Object.keys(holders) as Right[];

/**
 * What a route requires of its caller.
 * - `anonymous`: nothing. `authenticated`: any live key.
 * - `read_or_loopback`: the right `read`, or a connection from this very machine that went through no proxy.
 */
export type Requirement = 'anonymous' | 'authenticated' | 'read_or_loopback' | Right;

/** Whether a live key holds a right: its role does, and its scopes (empty = all of the role's) name it. */
export function may(key: Pick<ApiKeyRow, 'role' | 'scopes'>, right: Right): boolean {
  const held: readonly Role[] = holders[right];
  return held.includes(key.role) && (key.scopes.length === 0 || key.scopes.includes(right));
}

/** Whether a live key meets what a route requires; `anonymous` and loopback are decided before a key is looked at. */
export function meets(key: Pick<ApiKeyRow, 'role' | 'scopes'>, requirement: Requirement): boolean {
  if (requirement === 'anonymous') return true;
  if (requirement === 'authenticated') return key.role !== 'calendar';
  return may(key, requirement === 'read_or_loopback' ? 'read' : requirement);
}

/** Roles that a holder of `role` may give to a new key: never more than its own. */
export function mayGrant(role: Role, granted: Role): boolean {
  return role === 'operator' || (role === 'admin' && granted !== 'operator');
}
