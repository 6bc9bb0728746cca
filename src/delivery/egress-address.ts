// Which addresses may be called. Public unicast addresses only, except what the operator lists in `egress.allow`.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Refused by the egress policy: a decision of ours, never the network's. `code` is what channels look at. */
export class EgressError extends Error {
  readonly code = 'egress_denied';
  constructor(message: string) {
    super(message);
    this.name = 'EgressError';
  }
}

/** A host after reading every spelling of an address (octal, hexadecimal, one number, short) as that address. */
export type Target =
  | { readonly kind: 'address'; readonly host: string }
  | { readonly kind: 'name'; readonly host: string };

/**
 * Reads a host as a URL parser does (WHATWG), so that `0x7f.1` and `2130706433` are seen to be 127.0.0.1.
 * @throws EgressError when it is neither a name nor an address.
 */
export function targetOf(host: string): Target {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  if (isIP(bare) !== 0) return { kind: 'address', host: bare };
  if (!/^[^\s/\\@:?#[\]%]{1,255}$/.test(bare)) throw new EgressError('The host is not a name or an address.');
  let hostname: string;
  try {
    hostname = new URL(`http://${bare}/`).hostname;
  } catch {
    throw new EgressError('The host is not a name or an address.');
  }
  hostname = hostname.replace(/\.$/, '');
  if (hostname === '') throw new EgressError('The host is not a name or an address.');
  return isIP(hostname) !== 0 ? { kind: 'address', host: hostname } : { kind: 'name', host: hostname };
}

export interface AddressPolicy {
  /** The operator listed this host name, or what it lies under: any of its addresses, any port. */
  nameListed(name: string): boolean;
  /** The operator listed a range that holds this address: any port. */
  addressListed(address: string): boolean;
  /** Public unicast. */
  addressPublic(address: string): boolean;
}

type Address = ReturnType<typeof ipaddr.parse>;
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** Whether an address may be dialled; `onlyListed` on ports that are not ordinary. */
export function mayDial(address: string, policy: AddressPolicy, onlyListed: boolean): boolean {
  return policy.addressListed(address) || (!onlyListed && policy.addressPublic(address));
}

export function refused(host: string, port?: number): EgressError {
  return new EgressError(
    `${host}${port === undefined ? '' : ` port ${port}`} is not public or not on an ordinary port; list it in egress.allow`,
  );
}

/**
 * @param allow CIDR ranges, single addresses, host names, and `.example.com` for all names under one.
 * @throws Error naming the entry that is none of these.
 */
export function addressPolicy(allow: readonly string[]): AddressPolicy {
  const ranges: ReturnType<typeof ipaddr.parseCIDR>[] = [];
  const names = new Set<string>();
  const parents: string[] = [];
  for (const entry of allow) {
    if (ipaddr.isValidCIDR(entry)) {
      ranges.push(ipaddr.parseCIDR(entry));
    } else if (isIP(entry) !== 0) {
      const address = ipaddr.parse(entry);
      ranges.push([address, address.kind() === 'ipv4' ? 32 : 128]);
    } else if (entry.startsWith('.')) {
      parents.push(`.${listedName(entry.slice(1), entry)}`);
    } else {
      names.add(listedName(entry));
    }
  }
  return {
    nameListed(name) {
      const plain = name.toLowerCase().replace(/\.$/, '');
      return names.has(plain) || parents.some((parent) => plain.endsWith(parent));
    },
    addressListed(text) {
      const address = parse(text);
      return address !== null && ranges.some((range) => inRange(address, range));
    },
    addressPublic(text) {
      const address = parse(text);
      if (address === null || address.range() !== 'unicast') return false;
      // ipaddr.js calls everything without a name of its own unicast; IPv6 that is routed lies in 2000::/3.
      return address.kind() === 'ipv4' || inRange(address, globalUnicast);
    },
  };
}

function listedName(name: string, entry = name): string {
  const target = name.includes('/') ? null : targetOf(name);
  if (target?.kind !== 'name' || !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(target.host))
    throw new Error(`egress.allow: "${entry}" is not a CIDR range, an address or a host name`);
  return target.host;
}

/** IPv4 inside IPv6 (::ffff:a.b.c.d) is judged as the IPv4 address that the system will dial. */
function parse(text: string): Address | null {
  return ipaddr.isValid(text) ? ipaddr.process(text) : null;
}

function inRange(address: Address, [base, bits]: ReturnType<typeof ipaddr.parseCIDR>): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}
