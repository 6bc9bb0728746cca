// The simulated providers of short messages and calls refuse what the real ones refuse: one plant for each check.
import { afterEach, describe, expect, it } from 'vitest';
import { type AliyunCall, signAcs3 } from '../../../channels/signing/acs3.ts';
import { partsOf } from '../../../channels/signing/canonical.ts';
import { signV4 } from '../../../channels/signing/sigv4.ts';
import { signTc3 } from '../../../channels/signing/tc3.ts';
import { startAliyun } from './aliyun.ts';
import { startSns } from './aws-sns.ts';
import { startTencent } from './tencent.ts';
import { isWellFormed, startTwilio } from './twilio.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const at = 1_700_000_000_000;
const now = () => at;
const minuteMs = 60_000;

async function post(url: string, headers: Record<string, string>, body: string) {
  const answer = await fetch(url, { method: 'POST', headers, body });
  return { status: answer.status, text: await answer.text() };
}

describe('Aliyun', () => {
  const keys = { accessKeyId: 'id', accessKeySecret: 'secret' };
  const good = {
    PhoneNumbers: '13812345678',
    SignName: '告警',
    TemplateCode: 'SMS_1',
    TemplateParam: '{"title":"disk"}',
    OutId: '1',
  };
  let count = 0;
  async function ask(
    over: Record<string, string> = {},
    plant: { call?: Partial<AliyunCall>; keys?: object; at?: number; headers?: Record<string, string> } = {},
  ) {
    const provider = await startAliyun({ now, ...keys });
    closing.push(provider.close);
    const query = Object.entries({ ...good, ...over });
    const nonce = `nonce-${count++}`;
    const { host } = partsOf(provider.url);
    const call = {
      method: 'POST',
      host,
      path: '/',
      query,
      body: '',
      action: 'SendSms',
      version: '2017-05-25',
      nonce,
    };
    const headers = signAcs3({ ...call, ...plant.call }, { ...keys, ...plant.keys }, plant.at ?? at);
    const send = async () =>
      JSON.parse(
        (await post(`${provider.url}/?${new URLSearchParams(query)}`, { ...headers, ...plant.headers }, ''))
          .text,
      ).Code as string;
    return { send, provider };
  }
  const code = async (...args: Parameters<typeof ask>) => (await ask(...args)).send();

  it('takes what is right', async () => expect(await code()).toBe('OK'));

  it.each<[string, Parameters<typeof ask>]>([
    ['SignatureDoesNotMatch', [{}, { keys: { accessKeySecret: 'wrong' } }]],
    ['SignatureDoesNotMatch', [{}, { call: { query: [['PhoneNumbers', '1']] } }]],
    ['InvalidAccessKeyId.NotFound', [{}, { keys: { accessKeyId: 'other' } }]],
    ['InvalidTimeStamp.Expired', [{}, { at: at - 16 * minuteMs }]],
    ['IncompleteSignature', [{}, { headers: { authorization: 'Basic x' } }]],
    ['IncompleteSignature', [{}, { headers: { 'x-acs-unsigned': '1' } }]],
    ['InvalidVersion', [{}, { call: { version: '2014-05-26' } }]],
    ['InvalidAction.NotFound', [{}, { call: { action: 'SendBatch' } }]],
    ['isv.INVALID_PARAMETERS', [{ Unknown: '1' }]],
    ['isv.MOBILE_NUMBER_ILLEGAL', [{ PhoneNumbers: '+8613812345678' }]],
    ['isv.INVALID_JSON_PARAM', [{ TemplateParam: 'disk' }]],
    ['isv.TEMPLATE_MISSING_PARAMETERS', [{ TemplateParam: '{"title":""}' }]],
    ['isv.PARAM_LENGTH_LIMIT', [{ TemplateParam: JSON.stringify({ title: 'x'.repeat(36) }) }]],
    ['isv.PARAM_NOT_SUPPORT_URL', [{ TemplateParam: '{"title":"see https://a.example"}' }]],
    ['isv.PARAM_NOT_SUPPORT_URL', [{ TemplateParam: '{"title":"10.0.0.1"}' }]],
  ])('answers %s to %j', async (expected, args) => {
    expect(await code(...args)).toBe(expected);
  });

  it('takes a nonce once', async () => {
    const { send, provider } = await ask();
    expect([await send(), await send()]).toEqual(['OK', 'SignatureNonceUsed']);
    expect(provider.accepted).toHaveLength(1);
  });
});

describe('Tencent', () => {
  const keys = { secretId: 'id', secretKey: 'secret' };
  const good = {
    PhoneNumberSet: ['+8613812345678'],
    SmsSdkAppId: '1',
    TemplateId: '1',
    TemplateParamSet: ['disk'],
  };

  async function answer(
    over: object = {},
    plant: { keys?: object; at?: number; headers?: Record<string, string>; body?: string } = {},
  ) {
    const provider = await startTencent({ now, ...keys });
    closing.push(provider.close);
    const body = JSON.stringify({ ...good, ...over });
    const contentType = 'application/json; charset=utf-8';
    const { host } = partsOf(provider.url);
    const call = { service: 'sms', host, contentType, action: 'SendSms', body };
    const signed = signTc3(call, { ...keys, ...plant.keys }, plant.at ?? at);
    const headers = {
      ...signed,
      'content-type': contentType,
      'x-tc-action': 'SendSms',
      'x-tc-version': '2021-01-11',
      'x-tc-region': 'ap-guangzhou',
      ...plant.headers,
    };
    const { Response } = JSON.parse((await post(`${provider.url}/`, headers, plant.body ?? body)).text);
    return (Response.Error?.Code ?? Response.SendStatusSet[0].Code) as string;
  }

  it.each<[string, Parameters<typeof answer>]>([
    ['Ok', []],
    ['AuthFailure.SignatureFailure', [{}, { keys: { secretKey: 'wrong' } }]],
    ['AuthFailure.SignatureFailure', [{}, { body: JSON.stringify({ ...good, TemplateId: '2' }) }]],
    ['AuthFailure.SecretIdNotFound', [{}, { keys: { secretId: 'other' } }]],
    ['AuthFailure.SignatureExpire', [{}, { at: at - 6 * minuteMs }]],
    ['AuthFailure.InvalidAuthorization', [{}, { headers: { authorization: 'x' } }]],
    ['NoSuchVersion', [{}, { headers: { 'x-tc-version': '2019-07-11' } }]],
    ['UnknownParameter', [{ Unknown: 1 }]],
    ['InvalidParameter', [{ PhoneNumberSet: Array(201).fill('+8613812345678') }]],
    ['InvalidParameterValue.TemplateParameterLengthLimit', [{ TemplateParamSet: ['x'.repeat(13)] }]],
    ['InvalidParameterValue.ProhibitedUseUrlInTemplateParameter', [{ TemplateParamSet: ['10.0.0.1'] }]],
    ['InvalidParameterValue.IncorrectPhoneNumber', [{ PhoneNumberSet: ['13812345678'] }]],
  ])('answers %s to %j', async (expected, args) => {
    expect(await answer(...args)).toBe(expected);
  });
});

describe('Twilio', () => {
  const accountSid = `AC${'0'.repeat(32)}`;
  const basic = (password: string) =>
    `Basic ${Buffer.from(`${accountSid}:${password}`, 'utf8').toString('base64')}`;

  async function answer(
    form: Record<string, string>,
    plant: { password?: string; type?: string; resource?: string; times?: number } = {},
  ) {
    const provider = await startTwilio({ now, accountSid, authToken: 'token', perSecond: 2 });
    closing.push(provider.close);
    const url = `${provider.url}/2010-04-01/Accounts/${accountSid}/${plant.resource ?? 'Messages'}.json`;
    const headers = {
      authorization: basic(plant.password ?? 'token'),
      'content-type': plant.type ?? 'application/x-www-form-urlencoded',
    };
    let last = { status: 0, text: '' };
    for (let i = 0; i < (plant.times ?? 1); i++)
      last = await post(url, headers, new URLSearchParams(form).toString());
    return JSON.parse(last.text).code ?? last.status;
  }
  const message = { To: '+14155550100', From: '+14155550199', Body: 'disk' };
  const call = { To: '+14155550100', From: '+14155550199', Timeout: '30', Twiml: '<Response/>' };

  it.each<[number, Parameters<typeof answer>]>([
    [201, [message]],
    [201, [call, { resource: 'Calls' }]],
    [20003, [message, { password: 'wrong' }]],
    [20404, [message, { resource: 'Faxes' }]],
    [20001, [message, { type: 'text/plain' }]],
    [20001, [{ ...message, Unknown: '1' }]],
    [20429, [message, { times: 3 }]],
    [21617, [{ ...message, Body: 'x'.repeat(1_601) }]],
    [21211, [{ ...message, To: '0912345678' }]],
    [21609, [{ ...message, StatusCallback: 'nowhere' }]],
    [12100, [{ ...call, Twiml: '<Response><Say>a & b</Say></Response>' }, { resource: 'Calls' }]],
    [20001, [{ ...call, Twiml: 'x'.repeat(4_001) }, { resource: 'Calls' }]],
  ])('answers %i to %j', async (expected, args) => {
    expect(await answer(...args)).toBe(expected);
  });

  it.each([
    ['<Response><Say language="en-US">a &amp; b</Say><Hangup/></Response>', true],
    ['<Response><Say>a</Response></Say>', false],
    ['<Response><Say>a < b</Say></Response>', false],
    ['<Response><Gather action="x?a=1&b=2"></Gather></Response>', false],
    ['<Response>', false],
  ])('finds %s well-formed: %s', (xml, expected) => {
    expect(isWellFormed(xml)).toBe(expected);
  });
});

describe('SNS', () => {
  const keys = { accessKeyId: 'id', secretAccessKey: 'secret', region: 'eu-central-1' };
  const good = { Action: 'Publish', Version: '2010-03-31', PhoneNumber: '+14155550100', Message: 'disk' };

  async function answer(
    over: Record<string, string> = {},
    plant: { keys?: object; at?: number; body?: string } = {},
  ) {
    const provider = await startSns({ now, ...keys });
    closing.push(provider.close);
    const body = new URLSearchParams({ ...good, ...over }).toString();
    const url = `${provider.url}/`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const call = { method: 'POST', ...partsOf(url), headers, body };
    const signed = signV4(call, { ...keys, service: 'sns', ...plant.keys }, plant.at ?? at);
    const { text } = await post(url, signed, plant.body ?? body);
    return /<Code>(\w+)</.exec(text)?.[1] ?? 'OK';
  }

  it.each<[string, Parameters<typeof answer>]>([
    ['OK', []],
    ['SignatureDoesNotMatch', [{}, { keys: { secretAccessKey: 'wrong' } }]],
    ['SignatureDoesNotMatch', [{}, { keys: { region: 'us-east-1' } }]],
    ['SignatureDoesNotMatch', [{}, { at: at - 6 * minuteMs }]],
    ['SignatureDoesNotMatch', [{}, { body: 'Action=Publish' }]],
    ['InvalidClientTokenId', [{}, { keys: { accessKeyId: 'other' } }]],
    ['IncompleteSignature', [{}, { keys: { service: 'ses' } }]],
    ['InvalidParameter', [{ Unknown: '1' }]],
    ['InvalidParameter', [{ PhoneNumber: '0912' }]],
    ['InvalidParameterValue', [{ Message: 'x'.repeat(1_601) }]],
    ['InvalidAction', [{ Action: 'Subscribe' }]],
  ])('answers %s to %j', async (expected, args) => {
    expect(await answer(...args)).toBe(expected);
  });
});
