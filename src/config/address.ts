// Where to listen, as people write it.

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:8787`, `[::1]:8787`, `localhost:8787`, `:8787` (loopback) or `8787`; null when it is none. */
export function parseAddress(value: string | number): Address | null {
  const text = String(value).trim();
  const match = /^(?:(?:\[([0-9a-f:.]+)\]|([\w.-]+))?:)?(\d{1,5})$/i.exec(text);
  if (match === null) return null;
  const port = Number(match[3]);
  return port > 65_535 ? null : { host: match[1] ?? match[2] ?? '127.0.0.1', port };
}
