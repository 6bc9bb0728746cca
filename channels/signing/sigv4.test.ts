// The official suite of AWS (aws-sig-v4-test-suite), whose requests all go to one host at one time.
import { expect, it } from 'vitest';
import { partsOf, type SignedCall } from './canonical.ts';
import { signV4 } from './sigv4.ts';

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 'service',
};
const unreserved = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const at = Date.parse('2015-08-30T12:36:00Z');

const form = 'application/x-www-form-urlencoded';
const post = { method: 'POST' };
const suite: Record<string, readonly [signature: string, call: Partial<SignedCall>]> = {
  'get-header-key-duplicate': [
    'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
    { headers: { 'my-header1': 'value2,value2,value1' } },
  ],
  'get-header-value-multiline': [
    'ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790',
    { headers: { 'my-header1': 'value1,value2,value3' } },
  ],
  'get-header-value-order': [
    '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
    { headers: { 'my-header1': 'value4,value1,value3,value2' } },
  ],
  'get-header-value-trim': [
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    { headers: { 'my-header1': ' value1', 'my-header2': ' "a   b   c" ' } },
  ],
  'get-unreserved': [
    '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
    { path: `/${unreserved}` },
  ],
  'get-utf8': ['8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85', { path: '/ሴ' }],
  'get-vanilla': ['5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31', {}],
  'get-vanilla-empty-query-key': [
    'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
    { query: [['Param1', 'value1']] },
  ],
  'get-vanilla-query-order-key-case': [
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    {
      query: [
        ['Param2', 'value2'],
        ['Param1', 'value1'],
      ],
    },
  ],
  'get-vanilla-query-unreserved': [
    '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
    { query: [[unreserved, unreserved]] },
  ],
  'get-vanilla-utf8-query': [
    '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
    { query: [['ሴ', 'bar']] },
  ],
  'post-header-key-sort': [
    'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    { ...post, headers: { 'my-header1': 'value1' } },
  ],
  'post-header-value-case': [
    'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
    { ...post, headers: { 'my-header1': 'VALUE1' } },
  ],
  'post-vanilla': ['5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b', post],
  'post-vanilla-query': [
    '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
    { ...post, query: [['Param1', 'value1']] },
  ],
  'post-vanilla-query-nonunreserved': [
    '66c82657c86e26fb25238d0e69f011edc4c6df5ae71119d7cb98ed9b87393c1e',
    {
      ...post,
      query: [
        ['@#$%^', ''],
        ['+', '/,?><`";:\\|][{}'],
      ],
    },
  ],
  'post-vanilla-query-space': [
    'e71688addb58a26418614085fb730ba3faa623b461c17f48f2fbdb9361b94a9b',
    { ...post, query: [['p', '']] },
  ],
  'post-x-www-form-urlencoded': [
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    { ...post, headers: { 'content-type': form }, body: 'Param1=value1' },
  ],
  'post-x-www-form-urlencoded-parameters': [
    '1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe',
    { ...post, headers: { 'content-type': `${form}; charset=utf8` }, body: 'Param1=value1' },
  ],
};

const call = (over: Partial<SignedCall>): SignedCall => ({
  method: 'GET',
  host: 'example.amazonaws.com',
  path: '/',
  query: [],
  headers: {},
  body: '',
  ...over,
});

it.each(Object.entries(suite))('signs as the suite of AWS does: %s', (_name, [signature, over]) => {
  const signed = signV4(call(over), credentials, at);
  expect(signed.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20150830\/us-east-1\/service\/aws4_request, SignedHeaders=[a-z0-9;-]+, Signature=[0-9a-f]{64}$/,
  );
  expect(signed.authorization?.slice(-64)).toBe(signature);
  expect(signed['x-amz-date']).toBe('20150830T123600Z');
});

it('signs the token of temporary credentials, as the suite of AWS does: post-sts-header-before', () => {
  const sessionToken =
    'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';
  const signed = signV4(call(post), { ...credentials, sessionToken }, at);
  expect(signed['x-amz-security-token']).toBe(sessionToken);
  expect(signed.authorization?.slice(-64)).toBe(
    '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
  );
});

it('takes host and path of a URL as they go over the wire', () => {
  const url = 'http://127.0.0.1:8080/v2/email/a%40b?x=1';
  const { query, ...rest } = partsOf(url);
  expect(rest).toEqual({ host: '127.0.0.1:8080', path: '/v2/email/a%40b' });
  expect([...query]).toEqual([['x', '1']]);
});
