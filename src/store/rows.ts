// Rows that only the shell knows: keys, tenants, events as they are read back.
import type { ConfigAction } from '../pipeline/effect.ts';
import type { DeliveryRow, EventRow, NotificationRow } from '../pipeline/rows.ts';

/** An event as read back. */
export interface StoredEvent extends EventRow {
  readonly shard: number;
  readonly seq: number;
  readonly hash: string | null;
  readonly prevHash: string | null;
}

/** A delivery with what its message says. */
export type DeliveryOf = DeliveryRow &
  Pick<NotificationRow, 'alerts' | 'source' | 'severity' | 'priority' | 'strategy'> & {
    /** Receipts that came, the sum of the statuses written down: 1 delivered, 2 failed. */
    readonly receipts: number;
  };

/** A delivery with the last answer that its provider told. */
export interface AcceptedDelivery extends DeliveryOf {
  readonly answer: string | null;
}

/** `calendar` is that of keys in links to a schedule's calendar: it opens nothing else. */
export type Role = 'ingest' | 'viewer' | 'responder' | 'editor' | 'admin' | 'operator' | 'calendar';

export interface ApiKeyRow {
  readonly id: string;
  /** A tenant's name, or `*`. */
  readonly tenant: string;
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly lastUsedAt: number | null;
}

export interface TenantRow {
  readonly id: string;
  readonly shard: number;
  readonly name: string;
  readonly createdAt: number;
}

/** What an object was from one change on. */
export interface ConfigObjectVersion {
  readonly version: number;
  readonly action: ConfigAction;
  readonly name: string;
  /** The document, JSON. */
  readonly body: string;
  readonly at: number;
  readonly actor: string | null;
}

/** So many calls to a channel's provider for a tenant, which reached it at `at` or before. */
export interface CountedCalls {
  readonly tenant: string;
  readonly channel: string;
  readonly at: number;
  readonly calls: number;
}
