// The address of a caller as it is counted and recorded: what its connection says. Headers of proxies are not believed.
import ipaddr from 'ipaddr.js';

/** IPv4 as it is, IPv6 by its /64 (what one subscriber is given); '' where there is no connection. */
export function callerOf(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined || !ipaddr.isValid(remoteAddress)) return '';
  const address = ipaddr.process(remoteAddress);
  if (address.kind() === 'ipv4' || address.range() === 'loopback') return address.toString();
  const network = new ipaddr.IPv6([...(address as ipaddr.IPv6).parts.slice(0, 4), 0, 0, 0, 0]);
  return `${network.toString()}/64`;
}
