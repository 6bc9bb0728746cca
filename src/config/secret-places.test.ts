import { describe, expect, it } from 'vitest';
import { channels } from '../../channels/index.ts';
import { readApiChannel } from './api-channel.ts';
import { shownDocument, strayedSecrets, withKept } from './secret-places.ts';

const hook = {
  name: 'hook',
  type: 'webhook',
  url: 'https://hooks.example.com/T000/hush',
  secret: ['first-signing-secret-of-many', 'second-signing-secret-of-many'],
  headers: { Authorization: 'Bearer hush' },
};
const read = (document: object) => {
  const got = readApiChannel(document as never, channels, null);
  if ('problems' in got) throw new Error(JSON.stringify(got.problems));
  return got;
};
const problemsOf = (document: object) => {
  const got = readApiChannel(document as never, channels, { channels: ['other'], templates: ['short'] });
  return 'problems' in got ? got.problems : [];
};

describe('a document of a channel', () => {
  const shown = shownDocument(hook, read(hook).secrets);

  it('is shown with a mark in place of each secret, and of an address its host', () => {
    expect(shown).toEqual({
      name: 'hook',
      type: 'webhook',
      url: { secret: true, address: 'https://hooks.example.com' },
      secret: [{ secret: true }, { secret: true }],
      headers: { Authorization: { secret: true } },
    });
  });

  it('is the same again when what was shown is put', () => {
    expect(withKept(shown, hook)).toEqual({ document: hook });
  });

  it('cannot keep what was not there, nor take secrets of a list that got shorter', () => {
    const { secret: _, ...rest } = hook;
    expect(withKept(shown, rest)).toMatchObject({ problems: [{ path: 'secret' }] });
    expect(withKept(shown, null)).toMatchObject({
      problems: [{ path: 'url' }, { path: 'secret' }, { path: 'headers.Authorization' }],
    });
    expect(withKept({ ...shown, secret: [{ secret: true }] }, hook)).toMatchObject({
      problems: [{ path: 'secret' }],
    });
  });

  it('does not send secrets that it keeps to another address', () => {
    const moved = { ...hook, url: 'https://elsewhere.example.com/' };
    const secrets = read(hook).secrets;
    expect(strayedSecrets(moved, hook, secrets, secrets).map(({ path }) => path)).toEqual([
      'secret.0',
      'secret.1',
      'headers.Authorization',
    ]);
    expect(strayedSecrets({ ...hook, url: `${hook.url}/x` }, hook, secrets, secrets)).toEqual([]);
    const mail = { name: 'm', type: 'email', host: 'a', username: 'u', password: 'hush' };
    const hush = new Set(['hush']);
    expect(strayedSecrets({ ...mail, host: 'b' }, mail, hush, hush)).toMatchObject([{ path: 'password' }]);
  });

  it.each([' ', '\t', '\u0000'])('knows an address by whatever may stand before it: %j', (before) => {
    const url = `${before}https://hooks.example.com/T000/hush`;
    expect(JSON.stringify(shownDocument({ ...hook, url }, read(hook).secrets))).not.toContain('hush');
    const secrets = read(hook).secrets;
    const moved = { ...hook, url: `${before}https://elsewhere.example.com/` };
    expect(strayedSecrets(moved, hook, secrets, secrets)).toHaveLength(3);
  });

  it('knows the secrets of what is switched off', () => {
    const off = read({ ...hook, enabled: false });
    expect([off.configs, off.secrets.size]).toEqual([[], 3]);
    const { name, type, ...settings } = hook;
    const two = {
      name,
      type,
      providers: [settings, { ...settings, enabled: false, secret: 'x'.repeat(24) }],
    };
    expect(read(two).configs.map((one) => one.name)).toEqual(['hook']);
    expect(read(two).secrets).toContain('x'.repeat(24));
    const none = { name, type, providers: [{ ...settings, enabled: false }] };
    expect(problemsOf(none)).toMatchObject([{ path: 'providers' }]);
  });

  it('shows no text at all when a schema made another secret of what was written', () => {
    expect(shownDocument(hook, new Set(['what nobody wrote']))).toMatchObject({
      name: 'hook',
      url: { secret: true },
      headers: { Authorization: { secret: true } },
    });
  });

  it.each([
    [{ ...hook, name: 'a/b' }, 'name'],
    [{ ...hook, type: 'pigeon' }, 'type'],
    [{ ...hook, url: '$' + '{env:HOME}' }, 'url'],
    [{ ...hook, url: 'gopher://x' }, 'url'],
    [{ ...hook, secret: ['short'] }, 'secret.0'],
    [{ ...hook, colour: 'red' }, 'colour'],
    [{ ...hook, fallback: ['nobody'] }, 'fallback.0'],
    [{ ...hook, fallback: ['hook'] }, 'fallback.0'],
    [{ ...hook, template: 'long' }, 'template'],
    [{ ...hook, enabled: 'no' }, 'enabled'],
    [{ ...hook, enabled: false, url: 1 }, 'url'],
    [{ ...hook, limits: [{ calls: 0, per: '1m' }] }, 'limits.0.calls'],
  ])('says where it is wrong: %#', (document, path) => {
    expect(problemsOf(document).map((problem) => problem.path)).toEqual([path]);
  });
});
