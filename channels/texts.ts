// Every word that a channel says of its own. A text that a language lacks does not compile.
import type { Severity } from '../rules/types.ts';
import type { ActionKind } from './actions.ts';
import type { LinkKind } from './links.ts';
import type { Locale, MessageReason } from './message.ts';

export interface Texts {
  readonly firing: string;
  readonly resolved: string;
  readonly event: string;
  readonly severity: Readonly<Record<Severity, string>>;
  readonly reason: Readonly<Record<MessageReason, string>>;
  /** Of the step of an escalation: nobody has confirmed since that time. */
  readonly unconfirmed: (of: {
    readonly since: string;
    readonly step: number;
    readonly of: number;
  }) => string;
  readonly group: string;
  readonly receiver: string;
  readonly value: string;
  readonly condition: string;
  /** Before what was expected instead of the value. */
  readonly unusual: string;
  readonly started: string;
  readonly ended: string;
  /** When an event happened. */
  readonly occurred: string;
  readonly labels: string;
  readonly description: string;
  readonly link: Readonly<Record<LinkKind, string>>;
  /** At most 13 letters: what fits on a button everywhere. */
  readonly action: Readonly<Record<ActionKind, string>>;
  /** Beside a beginning: how long it has been so. */
  readonly lasting: (span: string) => string;
  /** Beside an end: how long it was so. */
  readonly lasted: (span: string) => string;
  /** A condition that has to hold for a span. */
  readonly held: (condition: string, span: string) => string;
  /** Days, hours, minutes, seconds, after their number. */
  readonly units: readonly [string, string, string, string];
  /** Between a name and its value. */
  readonly colon: string;
  readonly andMore: (count: number) => string;
  readonly digest: {
    readonly title: string;
    readonly total: string;
    /** Kinds that are not named. */
    readonly others: string;
    /** Told before, and firing still. */
    readonly standing: string;
    /** So many of them have ended. */
    readonly over: (count: number) => string;
    readonly comma: string;
    /** The title of what a storm holds. */
    readonly storm: string;
    /** How much came in since a storm began, at a time of day. */
    readonly came: (count: number, since: string) => string;
    /** The name of the row that says so. */
    readonly all: string;
  };
}

export const texts: Readonly<Record<Locale, Texts>> = {
  en: {
    firing: 'FIRING',
    resolved: 'RESOLVED',
    event: 'EVENT',
    severity: {
      info: 'info',
      warning: 'warning',
      high: 'high',
      critical: 'critical',
      emergency: 'emergency',
    },
    reason: {
      first: 'new',
      new_alerts: 'more alerts',
      refired: 'firing again',
      escalated: 'more urgent',
      flapping: 'flapping, quiet until it is calm',
      resolved: 'all resolved',
      some_resolved: 'some resolved',
      repeat: 'still firing',
      event: 'event',
      undelivered: 'nobody could be told',
      escalation_step: 'nobody has confirmed',
      digest: 'several messages in one',
      storm: 'many at once, in sum',
    },
    unconfirmed: ({ since, step, of }) => `nobody has confirmed since ${since}, step ${step} of ${of}`,
    group: 'Group',
    receiver: 'Receiver',
    value: 'Value',
    condition: 'Condition',
    unusual: 'Unusual',
    started: 'Started',
    ended: 'Ended',
    occurred: 'Occurred',
    labels: 'Labels',
    description: 'Description',
    link: {
      runbook: 'Runbook',
      dashboard: 'Dashboard',
      panel: 'Panel',
      source: 'Source',
      silence: 'Silence',
    },
    action: { acknowledge: 'Acknowledge', silence: 'Silence', explain: 'Explain' },
    lasting: (span) => `for ${span}`,
    lasted: (span) => `after ${span}`,
    held: (condition, span) => `${condition} for ${span}`,
    units: [' d', ' h', ' min', ' s'],
    colon: ': ',
    andMore: (count) => `… and ${count} more`,
    digest: {
      title: 'Digest',
      total: 'Total',
      others: 'Other kinds',
      standing: 'Still firing',
      over: (count) => `${count} resolved`,
      comma: ', ',
      storm: 'Storm',
      came: (count, since) => `${count} since ${since}`,
      all: 'All receivers',
    },
  },
  'zh-TW': {
    firing: '觸發中',
    resolved: '已恢復',
    event: '事件',
    severity: { info: '資訊', warning: '警告', high: '高', critical: '嚴重', emergency: '緊急' },
    reason: {
      first: '新告警',
      new_alerts: '新增告警',
      refired: '再次觸發',
      escalated: '嚴重度升高',
      flapping: '反覆觸發，平穩前不再通知',
      resolved: '全部恢復',
      some_resolved: '部分恢復',
      repeat: '持續觸發',
      event: '事件',
      undelivered: '無人收到',
      escalation_step: '尚無人確認',
      digest: '多則通知合併',
      storm: '告警風暴，合併通知',
    },
    unconfirmed: ({ since, step, of }) => `自 ${since} 起無人確認，第 ${step} 步，共 ${of} 步`,
    group: '群組',
    receiver: '接收者',
    value: '數值',
    condition: '條件',
    unusual: '異常',
    started: '開始時間',
    ended: '結束時間',
    occurred: '發生時間',
    labels: '標籤',
    description: '說明',
    link: { runbook: '處理手冊', dashboard: '儀表板', panel: '面板', source: '來源', silence: '靜音' },
    action: { acknowledge: '確認', silence: '靜音', explain: '為何通知' },
    lasting: (span) => `已持續 ${span}`,
    lasted: (span) => `歷時 ${span}`,
    held: (condition, span) => `${condition}，持續 ${span}`,
    units: [' 天', ' 小時', ' 分鐘', ' 秒'],
    colon: '：',
    andMore: (count) => `……還有 ${count} 則`,
    digest: {
      title: '摘要',
      total: '總計',
      others: '其他種類',
      standing: '持續觸發',
      over: (count) => `${count} 則已恢復`,
      comma: '、',
      storm: '告警風暴',
      came: (count, since) => `自 ${since} 起 ${count} 則`,
      all: '所有接收者',
    },
  },
  'zh-CN': {
    firing: '触发中',
    resolved: '已恢复',
    event: '事件',
    severity: { info: '信息', warning: '警告', high: '高', critical: '严重', emergency: '紧急' },
    reason: {
      first: '新告警',
      new_alerts: '新增告警',
      refired: '再次触发',
      escalated: '严重程度上升',
      flapping: '反复触发，平稳前不再通知',
      resolved: '全部恢复',
      some_resolved: '部分恢复',
      repeat: '持续触发',
      event: '事件',
      undelivered: '无人收到',
      escalation_step: '尚无人确认',
      digest: '多条通知合并',
      storm: '告警风暴，合并通知',
    },
    unconfirmed: ({ since, step, of }) => `自 ${since} 起无人确认，第 ${step} 步，共 ${of} 步`,
    group: '分组',
    receiver: '接收者',
    value: '数值',
    condition: '条件',
    unusual: '异常',
    started: '开始时间',
    ended: '结束时间',
    occurred: '发生时间',
    labels: '标签',
    description: '说明',
    link: { runbook: '处理手册', dashboard: '仪表盘', panel: '面板', source: '来源', silence: '静默' },
    action: { acknowledge: '确认', silence: '静默', explain: '为何通知' },
    lasting: (span) => `已持续 ${span}`,
    lasted: (span) => `历时 ${span}`,
    held: (condition, span) => `${condition}，持续 ${span}`,
    units: [' 天', ' 小时', ' 分钟', ' 秒'],
    colon: '：',
    andMore: (count) => `……还有 ${count} 条`,
    digest: {
      title: '摘要',
      total: '总计',
      others: '其他种类',
      standing: '持续触发',
      over: (count) => `${count} 条已恢复`,
      comma: '、',
      storm: '告警风暴',
      came: (count, since) => `自 ${since} 起 ${count} 条`,
      all: '所有接收者',
    },
  },
};
