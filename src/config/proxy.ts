// Where the operator's proxy is, as people write it.
import { isIP } from 'node:net';
import type { Address } from './address.ts';

/** `http://proxy.internal:3128`; null when it is none, or holds more than a host and a port. */
export function parseProxy(value: string | number): Address | null {
  const text = String(value).trim();
  if (!/^http:\/\/[^/?#@\\\s]+\/?$/i.test(text) || !URL.canParse(text)) return null;
  const { hostname, port } = new URL(text);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) === 0 && !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/.test(host)) return null;
  const number = port === '' ? 80 : Number(port);
  return number === 0 ? null : { host, port: number };
}
