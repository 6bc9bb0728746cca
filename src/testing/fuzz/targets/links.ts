// Links of messages: what was signed opens and says what was signed; whatever else comes is refused, and only as one of
// the two things that a link can be refused for.
import { Secret } from '../../../../channels/secret.ts';
import { type Link, linkActions, linkToken, readLink } from '../../../links/link-token.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, pureTarget, quoted, textOf } from '../target.ts';

const now = 1_700_000_000_000;
const keys = [
  { id: '0', secret: new Secret('0123456789abcdef0123456789abcdef') },
  { id: 'older-key', secret: new Secret('fedcba9876543210fedcba9876543210') },
];
const stranger = { id: '0', secret: new Secret('a key that nobody here has ever had') };
const link: Link = {
  action: 'respond',
  tenant: 'default',
  notificationId: '0190a000-0000-7000-8000-00001234abcd',
  recipient: 'chat@alice',
  expiresAt: now + 3_600_000,
};
const links: readonly Link[] = [
  link,
  { ...link, action: 'explain' },
  { ...link, tenant: 'globex' },
  { ...link, recipient: 'chat@bob' },
  { ...link, recipient: 'mail~test' },
  { ...link, notificationId: '0190a000-0000-7000-8000-00001234abce' },
];
const late = links.map((one) => ({ ...one, expiresAt: now - 1_000 }));

/** Every token that our keys ever made, with what it says. */
const made = new Map<string, Link>();
for (const one of [...links, ...late]) for (const key of keys) made.set(linkToken(one, key), one);
const foreign = links.map((one) => linkToken(one, stranger));

const material = materialOf(
  [...made.keys(), ...foreign, '', 'A'.repeat(700)],
  ['-', '_', '=', '+', '/', 'A', '0', '.', '%2e', '\0', ' ', 'AQ', ...linkActions],
);

export const linkTokens = pureTarget({
  name: 'link-tokens',
  holds: 'a link opens as it was signed, to nothing else, and not after its end',
  weight: 60,
  input: (random) => mutated(random, material),
  check(input) {
    const token = textOf(input);
    const read = readLink(token, keys, now);
    const signed = made.get(token);
    if (signed === undefined) {
      claim(
        'refused' in read && read.refused === 'forged',
        () => `${quoted(token)} opens and nobody made it`,
      );
      return;
    }
    if (signed.expiresAt <= now) {
      claim('refused' in read && read.refused === 'expired', () => `${quoted(token)} opens after its end`);
      return;
    }
    claim(!('refused' in read), () => `${quoted(token)} does not open`);
    claim(same(read.link, signed), () => `${quoted(token)} says something else than was signed`);
  },
});

function same(a: Link, b: Link): boolean {
  return (Object.keys(b) as (keyof Link)[]).every((name) => a[name] === b[name]);
}
