// Resolution of names for the way out: whoever dials is given only addresses that may be dialled, so that the address
// that was checked is the one that is called. There is no second resolution that could answer otherwise.
import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { type AddressPolicy, mayDial, refused } from './egress-address.ts';
import type { Resolve, ResolvedAddress } from './name-places.ts';

/** A `lookup` for net.connect that hands out only addresses that may be dialled. */
export function checkedLookup(resolve: Resolve, policy: AddressPolicy, onlyListed: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const usable = policy.nameListed(hostname)
          ? addresses
          : addresses.filter(({ address }) => mayDial(address, policy, onlyListed));
        const first = usable[0];
        if (first === undefined) {
          callback(addresses.length === 0 ? notFound(hostname) : refused(hostname), '', 0);
        } else if (options.all === true) {
          callback(null, [...usable]);
        } else {
          callback(null, first.address, first.family);
        }
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
}

export async function resolveBySystem(hostname: string): Promise<readonly ResolvedAddress[]> {
  const addresses = await systemLookup(hostname, { all: true });
  return addresses.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}
