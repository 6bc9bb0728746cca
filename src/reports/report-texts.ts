// Every word of a report for people. A text that a language lacks does not compile.
import type { Locale } from '../../channels/message.ts';
import type { DeliveryState } from '../pipeline/rows.ts';
import type { HeldBack } from '../store/span-reads.ts';

/** Reasons not to notify that have words; others are shown as they are. */
type HeldReason =
  | 'within_dedupe_window'
  | 'resolved_before_notify'
  | 'send_resolved_off'
  | 'receiver_gone'
  | 'routed_elsewhere'
  | 'silenced'
  | 'inhibited'
  | 'muted'
  | 'snoozed'
  | 'flapping';

export interface ReportTexts {
  readonly title: string;
  readonly tenant: string;
  readonly period: string;
  readonly madeAt: string;
  readonly alerts: string;
  readonly open: string;
  readonly resolved: string;
  readonly byHand: string;
  readonly acknowledged: string;
  readonly events: string;
  readonly toAcknowledge: string;
  readonly toResolve: string;
  readonly toAccept: string;
  readonly median: string;
  readonly mean: string;
  /** The value that nine of ten do not exceed. */
  readonly p90: string;
  readonly summary: string;
  readonly bySeverity: string;
  readonly byDay: string;
  readonly noisiestRules: string;
  readonly noisiestLabels: string;
  readonly deliveries: string;
  readonly deadLetters: string;
  readonly heldBack: string;
  readonly storms: string;
  /** From beginning to end. */
  readonly lasted: string;
  readonly came: string;
  readonly summed: string;
  readonly alone: string;
  readonly summaries: string;
  readonly saved: string;
  readonly audit: string;
  readonly severity: string;
  readonly day: string;
  readonly rule: string;
  readonly noRule: string;
  readonly labels: string;
  readonly channel: string;
  readonly attempts: string;
  readonly reason: string;
  readonly decision: string;
  readonly act: string;
  readonly actor: string;
  readonly count: string;
  readonly nothing: string;
  readonly andMore: (count: number) => string;
  readonly state: Readonly<Record<DeliveryState, string>>;
  readonly held: Readonly<Record<HeldBack['kind'], string>>;
  readonly heldReason: Readonly<Record<HeldReason, string>>;
}

export const reportTexts: Readonly<Record<Locale, ReportTexts>> = {
  en: {
    title: 'Alert report',
    tenant: 'Tenant',
    period: 'Period',
    madeAt: 'Made at',
    alerts: 'Alerts',
    open: 'Still open',
    resolved: 'Resolved',
    byHand: 'By hand',
    acknowledged: 'Acknowledged',
    events: 'Events',
    toAcknowledge: 'Time to acknowledge',
    toResolve: 'Time to resolve',
    toAccept: 'Time to accept',
    median: 'median',
    mean: 'mean',
    p90: '90 %',
    summary: 'Summary',
    bySeverity: 'By severity',
    byDay: 'By day',
    noisiestRules: 'Noisiest rules',
    noisiestLabels: 'Noisiest label sets',
    deliveries: 'Deliveries',
    deadLetters: 'Lost deliveries',
    heldBack: 'Not sent, and why',
    storms: 'Storms',
    lasted: 'Lasted',
    came: 'Alerts and events that came',
    summed: 'Told in summaries',
    alone: 'Told by themselves',
    summaries: 'Summaries',
    saved: 'Messages saved',
    audit: 'Who did what',
    severity: 'Severity',
    day: 'Day',
    rule: 'Rule',
    noRule: 'no rule',
    labels: 'Labels',
    channel: 'Channel',
    attempts: 'Attempts',
    reason: 'Reason',
    decision: 'Decision',
    act: 'Act',
    actor: 'By',
    count: 'Count',
    nothing: 'Nothing.',
    andMore: (count) => `… and ${count} more`,
    state: {
      queued: 'Queued',
      sending: 'Sending',
      sent: 'Sent',
      delivered: 'Delivered',
      dead: 'Dead letters',
      dropped: 'Dropped',
    },
    held: { 'notify.skipped': 'never said', 'notify.held': 'said later', 'notify.suppressed': 'suppressed' },
    heldReason: {
      within_dedupe_window: 'within the dedupe window',
      resolved_before_notify: 'over before it was said',
      send_resolved_off: 'the receiver wants no resolved messages',
      receiver_gone: 'the receiver is gone',
      routed_elsewhere: 'routed elsewhere',
      silenced: 'silenced',
      inhibited: 'inhibited by another alert',
      muted: 'mute time',
      snoozed: 'snoozed',
      flapping: 'flapping',
    },
  },
  'zh-TW': {
    title: '告警報告',
    tenant: '租戶',
    period: '期間',
    madeAt: '產生時間',
    alerts: '告警',
    open: '未恢復',
    resolved: '已恢復',
    byHand: '人工恢復',
    acknowledged: '已確認',
    events: '事件',
    toAcknowledge: '確認耗時',
    toResolve: '恢復耗時',
    toAccept: '接受耗時',
    median: '中位數',
    mean: '平均',
    p90: '90 %',
    summary: '摘要',
    bySeverity: '依嚴重度',
    byDay: '依日期',
    noisiestRules: '最頻繁的規則',
    noisiestLabels: '最頻繁的標籤組合',
    deliveries: '投遞',
    deadLetters: '未送達的投遞',
    heldBack: '未發送及其原因',
    storms: '告警風暴',
    lasted: '持續時間',
    came: '到來的告警與事件',
    summed: '合併通知所含',
    alone: '單獨通知',
    summaries: '合併通知數',
    saved: '節省的訊息',
    audit: '操作記錄',
    severity: '嚴重度',
    day: '日期',
    rule: '規則',
    noRule: '無規則',
    labels: '標籤',
    channel: '管道',
    attempts: '嘗試次數',
    reason: '原因',
    decision: '決定',
    act: '操作',
    actor: '操作者',
    count: '次數',
    nothing: '無。',
    andMore: (count) => `……還有 ${count} 項`,
    state: {
      queued: '排隊中',
      sending: '發送中',
      sent: '已發送',
      delivered: '已送達',
      dead: '死信',
      dropped: '已捨棄',
    },
    held: { 'notify.skipped': '從未通知', 'notify.held': '延後通知', 'notify.suppressed': '暫不通知' },
    heldReason: {
      within_dedupe_window: '在去重時窗內',
      resolved_before_notify: '通知前已恢復',
      send_resolved_off: '接收者不需要恢復通知',
      receiver_gone: '接收者已不存在',
      routed_elsewhere: '已轉至其他路由',
      silenced: '靜音',
      inhibited: '被其他告警抑制',
      muted: '路由不通知時段',
      snoozed: '延後提醒',
      flapping: '反覆觸發（抖動）',
    },
  },
  'zh-CN': {
    title: '告警报告',
    tenant: '租户',
    period: '期间',
    madeAt: '生成时间',
    alerts: '告警',
    open: '未恢复',
    resolved: '已恢复',
    byHand: '人工恢复',
    acknowledged: '已确认',
    events: '事件',
    toAcknowledge: '确认耗时',
    toResolve: '恢复耗时',
    toAccept: '接受耗时',
    median: '中位数',
    mean: '平均',
    p90: '90 %',
    summary: '摘要',
    bySeverity: '按严重程度',
    byDay: '按日期',
    noisiestRules: '最频繁的规则',
    noisiestLabels: '最频繁的标签组合',
    deliveries: '投递',
    deadLetters: '未送达的投递',
    heldBack: '未发送及其原因',
    storms: '告警风暴',
    lasted: '持续时间',
    came: '到来的告警与事件',
    summed: '合并通知所含',
    alone: '单独通知',
    summaries: '合并通知数',
    saved: '节省的消息',
    audit: '操作记录',
    severity: '严重程度',
    day: '日期',
    rule: '规则',
    noRule: '无规则',
    labels: '标签',
    channel: '渠道',
    attempts: '尝试次数',
    reason: '原因',
    decision: '决定',
    act: '操作',
    actor: '操作者',
    count: '次数',
    nothing: '无。',
    andMore: (count) => `……还有 ${count} 项`,
    state: {
      queued: '排队中',
      sending: '发送中',
      sent: '已发送',
      delivered: '已送达',
      dead: '死信',
      dropped: '已丢弃',
    },
    held: { 'notify.skipped': '从未通知', 'notify.held': '延后通知', 'notify.suppressed': '暂不通知' },
    heldReason: {
      within_dedupe_window: '在去重窗口内',
      resolved_before_notify: '通知前已恢复',
      send_resolved_off: '接收者不需要恢复通知',
      receiver_gone: '接收者已不存在',
      routed_elsewhere: '已转至其他路由',
      silenced: '静默',
      inhibited: '被其他告警抑制',
      muted: '路由不通知时段',
      snoozed: '推迟提醒',
      flapping: '反复触发（抖动）',
    },
  },
};
