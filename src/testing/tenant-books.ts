// The books of a tenant for which nobody configured anything through the API.
import type { FileRouting } from '../config/routing.ts';
import { deliveryPolicyOf } from '../delivery/delivery-policy.ts';
import { ChannelBook } from '../engine/channel-book.ts';
import { RouteBook } from '../engine/route-book.ts';
import { TemplateBook } from '../engine/template-book.ts';
import type { TenantBooks } from '../engine/tenant.ts';
import { vaultOf } from '../secrets/vault.ts';

export function emptyBooks(routing: FileRouting): TenantBooks {
  return {
    routes: new RouteBook(routing),
    channels: new ChannelBook('default', { kinds: {}, vault: vaultOf([]) }, () => new Map()),
    templates: new TemplateBook('default', new Map()),
    policy: deliveryPolicyOf(new Map()),
  };
}
