// How a webhook logs in, and which headers are not the configuration's to set.
import { z } from 'zod';
import { secret } from './secret.ts';

// Headers that belong to the connection or to us.
const ours =
  /^(host|content-length|content-type|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|proxy-.*|webhook-.*)$/i;

export const headerName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/, 'is not a header name')
  .refine((name) => !ours.test(name), { error: 'is set by the program' });
// Values often are credentials, so they are kept like one.
export const headerValue = secret(
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]{1,4096}$/, 'must be one line of printable Latin-1 characters'),
);

const basic = z.strictObject({
  username: z
    .string()
    .regex(/^[^:\p{Cc}]{1,256}$/u, 'must be one line without a colon')
    .describe('Name of the user.'),
  password: secret(z.string().regex(/^[^\p{Cc}]{1,1024}$/u, 'must be one line')).describe(
    'Password of the user.',
  ),
});
const header = z.strictObject({
  name: headerName.describe('Name of the header.'),
  value: headerValue.describe('Value of the header.'),
});

export const webhookAuth = z
  .strictObject({
    basic: basic.optional().describe('User and password (RFC 7617).'),
    bearer: secret(z.string().regex(/^[\x21-\x7e]{1,4096}$/, 'must be a token without spaces'))
      .optional()
      .describe('Token of `Authorization: Bearer`.'),
    header: header.optional().describe('A header of another name, e.g. X-Api-Key.'),
  })
  .refine((auth) => Object.values(auth).filter((each) => each !== undefined).length === 1, {
    error: 'expected one of basic, bearer and header',
  });

/** Lower-case name and value. */
export function authHeader(auth: z.output<typeof webhookAuth>): readonly [name: string, value: string] {
  if (auth.header) return [auth.header.name.toLowerCase(), auth.header.value.reveal()];
  if (auth.bearer) return ['authorization', `Bearer ${auth.bearer.reveal()}`];
  if (!auth.basic) throw new Error('a login that did not pass the schema');
  const { username, password } = auth.basic;
  const pair = Buffer.from(`${username}:${password.reveal()}`, 'utf8').toString('base64');
  return ['authorization', `Basic ${pair}`];
}
