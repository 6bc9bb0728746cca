// The books of a tenant for which nobody configured anything through the API.
import type { FileRouting } from '../config/routing.ts';
import { deliveryPolicyOf } from '../delivery/delivery-policy.ts';
import { ChannelBook } from '../engine/channel-book.ts';
import { DirectoryBook } from '../engine/directory-book.ts';
import { OnCallBook } from '../engine/on-call-book.ts';
import { RouteBook } from '../engine/route-book.ts';
import { TemplateBook } from '../engine/template-book.ts';
import type { TenantBooks } from '../engine/tenant.ts';
import { vaultOf } from '../secrets/vault.ts';

export function emptyBooks(routing: FileRouting): TenantBooks {
  const routes = new RouteBook(routing);
  const channels = new ChannelBook('default', { kinds: {}, vault: vaultOf([]) }, () => new Map());
  const rota = new OnCallBook(routing);
  return {
    ...{ routes, channels, rota, people: new DirectoryBook(routing, { rota, routes, channels }) },
    templates: new TemplateBook('default', new Map()),
    policy: deliveryPolicyOf(new Map()),
  };
}
