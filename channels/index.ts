// The channels that come with the program; a new one is its file, its test and a line here.
import { alertmanagerWebhook } from './alertmanager-webhook.ts';
import type { ChannelDefinition } from './channel.ts';
import { consoleChannel } from './console.ts';
import { dingtalk } from './dingtalk.ts';
import { email } from './email.ts';
import { feishu } from './feishu.ts';
import { pagerduty } from './pagerduty.ts';
import { phone } from './phone.ts';
import { slack } from './slack.ts';
import { sms } from './sms.ts';
import { webhook } from './webhook.ts';
import { wecom } from './wecom.ts';

export const channels = {
  webhook,
  'alertmanager-webhook': alertmanagerWebhook,
  email,
  wecom,
  dingtalk,
  feishu,
  sms,
  phone,
  console: consoleChannel,
  slack,
  pagerduty,
} satisfies Record<string, ChannelDefinition>;

export {
  type ChannelDefinition,
  type ChannelHost,
  type ChannelInstance,
  type ChannelLimits,
  defineChannel,
  type RenderContext,
  type ResultKind,
  resultKinds,
  type SendContext,
  type SendFailure,
  type SendResult,
} from './channel.ts';
export { type ChannelCheck, type ChannelPeer, type Conduct, checkChannel, conducts } from './contract.ts';
export { type HttpOutcome, type HttpRequest, request, resultOfFailure, resultOfHttp } from './http.ts';
export { type AlertMessage, type Locale, locales, type MessageAlert } from './message.ts';
export { isSecretField, Secret, secret } from './secret.ts';
