// Published examples of the vendors: the signature of a given request is known.
import { describe, expect, it } from 'vitest';
import { signAcs3 } from './acs3.ts';
import { canonicalRequest, sha256 } from './canonical.ts';
import { signTc3 } from './tc3.ts';
import { isSignedByTwilio, twilioSignature } from './twilio.ts';

describe('Aliyun V3', () => {
  const call = {
    method: 'POST',
    host: 'ecs.cn-shanghai.aliyuncs.com',
    path: '/',
    query: [
      ['RegionId', 'cn-shanghai'],
      ['ImageId', 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd'],
    ] as const,
    body: '',
    action: 'RunInstances',
    version: '2014-05-26',
    nonce: '3156853299f313e23d1673dc12e1703d',
  };

  it('signs the example with fixed parameters of the documentation', () => {
    const at = Date.parse('2023-10-26T10:22:32Z');
    const keys = { accessKeyId: 'YourAccessKeyId', accessKeySecret: 'YourAccessKeySecret' };
    const { authorization, ...headers } = signAcs3(call, keys, at);
    expect(headers['x-acs-date']).toBe('2023-10-26T10:22:32Z');
    expect(sha256(canonicalRequest({ ...call, headers }).text)).toBe(
      '7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259',
    );
    expect(authorization).toBe(
      'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
    );
  });
});

describe('Tencent v3', () => {
  const body = String.raw`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`;
  const call = {
    service: 'cvm',
    host: 'cvm.tencentcloudapi.com',
    contentType: 'application/json; charset=utf-8',
    body,
  };
  const at = 1551113065_000;

  it('signs content type, host and action as the documentation does', () => {
    expect(sha256(body)).toBe('35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064');
    const keys = {
      secretId: 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******',
      secretKey: 'Gu5t9xGARNpq86cd98joQYCN3*******',
    };
    const signed = signTc3({ ...call, action: 'DescribeInstances' }, keys, at);
    expect(signed['x-tc-timestamp']).toBe('1551113065');
    expect(signed.authorization).toBe(
      'TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host;x-tc-action, Signature=be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3',
    );
  });

  it('signs content type and host alone as the older documentation does', () => {
    const keys = {
      secretId: 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE',
      secretKey: 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE',
    };
    expect(signTc3(call, keys, at).authorization).toMatch(
      /SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168$/,
    );
  });
});

describe('Twilio', () => {
  const token = '12345';
  const https = 'https://mycompany.com/myapp.php?foo=1&bar=2';
  const http = https.replace('https', 'http');
  const call = [
    ['CallSid', 'CA1234567890ABCDE'],
    ['Caller', '+14158675309'],
    ['Digits', '1234'],
    ['From', '+14158675309'],
    ['To', '+18005551212'],
  ] as const;
  const form = new URLSearchParams(call.map(([name, value]): [string, string] => [name, value])).toString();
  const signedForm = (url: string, signature: string | undefined, body = form) =>
    isSignedByTwilio(token, signature, { url, body, form: true });

  it('signs as the documentation does', () => {
    expect(twilioSignature(token, https, call)).toBe('RSOYDt4T1cUTdK1PDd93/VVr8B8=');
  });

  it.each([
    ['the URL as it is', https, 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
    ['a port that Twilio left out', https.replace('.com', '.com:1234'), 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
    ['a port that Twilio added', https, 'kvajT1Ptam85bY51eRf/AJRuM3w='],
    ['port 80 that Twilio added', http, '0ZXoZLH/DfblKGATFgpif+LLRf4='],
    ['a port of its own', http.replace('.com', '.com:1234'), 'Zmvh+3yNM1Phv2jhDCwEM3q5ebU='],
    ['a user and a password', https.replace('//', '//user:pass@'), 'CukzLTc1tT5dXEDIHm/tKBanW10='],
    ['a user', https.replace('//', '//user@'), '2YRLlVAflCqxaNicjMpJcSTgzSs='],
    [
      'a user, and a port that was added',
      https.replace('//', '//user:pass@'),
      'ZQFR1PTIZXF2MXB8ZnKCvnnA+rI=',
    ],
  ])('takes %s', (_name, url, signature) => {
    expect(signedForm(url, signature)).toBe(true);
    expect(signedForm(`${url}&x=1`, signature)).toBe(false);
    expect(isSignedByTwilio('12346', signature, { url, body: form, form: true })).toBe(false);
  });

  it('takes every value of a parameter once, in any order', () => {
    const name = 'MessagingBinding.Address=';
    const signature = '83O6e2vORAoJHUNzJjDWN1jz+BA=';
    expect(signedForm(https, signature, `${name}%2B1325xxxxxxx&${name}%2B1415xxxxxxx`)).toBe(true);
    expect(signedForm(https, signature, `${name}%2B1415xxxxxxx&${name}%2B1325xxxxxxx`)).toBe(true);
    const body = 'Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234';
    expect(signedForm(https, 'IK+Dwps556ElfBT0I3Rgjkr1wJU=', body)).toBe(true);
  });

  it('takes a body that is no form through its hash in the query', () => {
    const body = '{"property": "value", "boolean": true}';
    const hash = '0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620';
    const url = `${https}&bodySHA256=${hash}`;
    const signature = 'a9nBmqA0ju/hNViExpshrM61xv4=';
    const signed = (over: object) => isSignedByTwilio(token, signature, { url, body, form: false, ...over });
    expect(signed({})).toBe(true);
    expect(signed({ body: `${body} ` })).toBe(false);
    expect(signed({ url: https })).toBe(false);
    const empty = `${https}&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a`;
    expect(
      isSignedByTwilio(token, 'Ldidvp12m26NI7eqEvxnEpkd9Hc=', { url: empty, body: '{}', form: false }),
    ).toBe(true);
  });

  it('takes nothing without a signature, or with a wrong one', () => {
    for (const signature of [undefined, '', 'WRONG_SIGNATURE', 'RSOYDt4T1cUTdK1PDd93/VVr8B9='])
      expect(signedForm(https, signature)).toBe(false);
  });
});
