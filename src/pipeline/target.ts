// Who is told, as receivers, teams and escalations name them.

/** Somebody, or a place, that is told: written `alice`, `team:ops`, `on_call:primary`, `channel:chat`. */
export interface Target {
  readonly kind: 'person' | 'team' | 'on_call' | 'channel';
  readonly name: string;
}

/** As it is written. */
export function formatTarget({ kind, name }: Target): string {
  return kind === 'person' ? name : `${kind}:${name}`;
}
