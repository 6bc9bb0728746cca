// 简体中文。
import type { Texts } from './en.ts';

const list = (items: readonly string[]) => items.join('、');
const quoted = (text: string) => `“${text}”`;
const noted = (note: string | null) => (note === null ? '' : `：${quoted(note)}`);
const tried = (attempt: number) => (attempt > 1 ? `（第 ${attempt} 次尝试）` : '');

export const zhCN: Texts = {
  list,
  quoted,
  gap: '',
  semicolon: '；',
  somebody: '有人',
  page: {
    now: '现在',
    receivers: '通知了谁',
    story: '经过',
    rule: '规则',
    times: (zone) => `时间均为 ${zone} 时区。`,
    older: '更早的记录未显示。',
  },
  is: {
    firing: ({ what, severity, since }) => `${what}（${severity}）自 ${since} 起触发中。`,
    pending: ({ what, severity, since, span }) =>
      `${what}（${severity}）尚未触发：条件自 ${since} 起成立，规则要求持续 ${span}。`,
    resolved: ({ what, severity, since, end, why }) =>
      `${what}（${severity}）于 ${since} 触发，${end} 结束，原因是${why}。`,
    cleared: ({ what, severity, since, end, why }) =>
      `${what}（${severity}）从未触发：条件只在 ${since} 到 ${end} 之间成立。${why}`,
    event: ({ what, severity, at, message }) => `${what}（${severity}）是 ${at} 的事件：${message}`,
    value: ({ value, at, condition }) => `${at} 的值为 ${value}；规则是 ${condition}。`,
    condition: ({ condition }) => `规则是 ${condition}。`,
    unusual: ({ finding }) => `对这个序列而言异常：${finding}。`,
    tooShort: ({ span, lasted }) => `规则要求持续 ${span}，实际只持续了 ${lasted}。`,
    gone: '在持续够久之前，规则已被移除。',
    byHand: '在持续够久之前，有人手动结束了它。',
    acknowledged: ({ by, until }) =>
      until === null ? `${by} 已确认此告警。` : `${by} 已确认此告警，有效至 ${until}。`,
  },
  ended: {
    condition_cleared: '条件不再成立',
    cleared_while_pending: '条件不再成立',
    no_data: '序列停止发送数据，而规则将此视为结束',
    manual: '有人手动结束',
    rule_removed: '规则已被移除',
    series_expired: '序列已不存在',
    sender_resolved: '发送者说它已结束',
    ends_at_passed: '发送者只让它持续到那时，之后没有再提',
    occurred: '它是一个事件',
    other: (reason) => reason,
  },
  told: ({ receiver, at, channels, end }) =>
    `${receiver} 于 ${at} 经由 ${list(channels)} 收到通知${end === null ? '' : `，并于 ${end} 收到结束通知`}。`,
  notTold: ({ receiver, why }) => `${receiver} 没有收到通知：${why}。`,
  nobody: ({ why }) => `没有通知任何人：${why}。`,
  why: {
    onItsWay: ({ channels, until, error }) =>
      error === null
        ? `消息正在送往 ${list(channels)}`
        : `${list(channels)} 尚未接受消息（${error}）；下次尝试在 ${until}`,
    quiet: ({ until }) => `消息等待免打扰时段在 ${until} 结束`,
    notDelivered: ({ channels, attempts, error }) =>
      `${list(channels)} ${attempts > 0 ? `在 ${attempts} 次尝试中都` : ''}没有接受消息${error === null ? '' : `，最后的响应是 ${error}`}；消息已成为死信，只能手动重发`,
    expired: ({ channels, error }) =>
      `给 ${list(channels)} 的消息未能及时送达，已成为死信${error === null ? '' : `（最后的响应：${error}）`}`,
    discarded: ({ channels }) => `给 ${list(channels)} 的消息无法送达，已由人员丢弃`,
    superseded: ({ channels }) => `发往 ${list(channels)} 的较新消息已包含同样内容，取代了它`,
    seen: ({ channels }) => `消息发往 ${list(channels)} 之前已有人确认`,
    resolved_before_send: ({ channels }) => `消息发往 ${list(channels)} 之前它已结束，因此触发与结束都不通知`,
    pending: '它尚未触发',
    cleared_while_pending: '它从未触发',
    waits: {
      group_wait: (until) => `分组等到 ${until}，以便与其他告警一并通知（group_wait）`,
      group_interval: (until) => `分组刚通知过，${until} 起才可再次通知（group_interval）`,
      resolve_wait: (until) => `分组等到 ${until}，确认它不再触发（resolve_wait）`,
      suppression_ended: (until) => `拦住它的原因已解除；将于 ${until} 通知`,
      digest: (until) => `它等待 ${until} 的摘要`,
      storm: (until) => `它在告警风暴中到来，等待 ${until} 的合并通知`,
      other: (until) => `分组将于 ${until} 再次检查`,
      soon: '分组即将通知',
    },
    silenced: ({ silences }) => `已被静默，${list(silences)}`,
    wasSilenced: ({ silences }) => `当时已被静默，${list(silences)}`,
    silence: ({ by, until, comment }) =>
      `由 ${by} 设置，至 ${until}${comment === '' ? '' : `（${quoted(comment)}）`}`,
    silenceGone: '该静默的记录已不再保存',
    inhibited: ({ sources }) => `${list(sources)} 触发期间，此告警被抑制`,
    wasInhibited: ({ sources }) => `当时 ${list(sources)} 触发中，此告警被抑制`,
    sourceGone: '另一个告警',
    muted: ({ names, until }) =>
      `路由在此时段不发通知${names.length === 0 ? '' : `（${list(names)}）`}${until === null ? '' : `，至 ${until}`}`,
    snoozed: ({ until }) => (until === null ? '有人已将它推迟提醒' : `有人已将它推迟提醒至 ${until}`),
    flapping: ({ until }) =>
      `它反复触发与恢复（抖动）${until === null ? '' : `；若平稳至 ${until} 才会通知`}`,
    receiver_gone: '配置中已没有此接收者',
    within_dedupe_window: ({ until }) =>
      until === null
        ? '在去重窗口内，不久前才通知过相同内容'
        : `不久前已通知过相同内容；若到 ${until} 仍在触发才会再次通知（去重窗口）`,
    acknowledged: ({ by, until }) => (until === null ? `${by} 已确认` : `${by} 已确认，有效至 ${until}`),
    within_repeat_interval: ({ until }) =>
      until === null
        ? '过了 repeat_interval 才会重复通知'
        : `若到 ${until} 仍在触发，届时会再次通知（repeat_interval）`,
    resolved_before_notify: '分组等待期满之前它就已结束',
    send_resolved_off: '此接收者不接收结束通知',
    routed_elsewhere: '严重程度改变后，在此处通知之前就转往其他接收者',
    no_channel: '此接收者没有可用的渠道',
    not_recorded: '记录中已查不到原因',
    other: (reason) => reason,
  },
  line: {
    pending: ({ value, condition, span }) =>
      `条件首次成立：值为 ${value}，规则是 ${condition}。${span === null ? '持续够久才会触发。' : `若持续 ${span} 就会触发。`}`,
    firingUnusual: ({ finding }) => `告警触发：对这个序列而言异常：${finding}。`,
    firingAtOnce: ({ value, condition }) =>
      `告警触发：值为 ${value}，规则是 ${condition}。规则不要求持续时间。`,
    firingAfter: ({ value, lasted }) => `条件已持续 ${lasted}：告警触发。值为 ${value}。`,
    firingOutside: ({ source, severity, rule }) =>
      `${source} 表示告警触发。${rule === null ? '' : `它没有说明严重程度：${rule === 'default' ? '按默认' : `按规则${quoted(rule)}`}为 ${severity}。`}`,
    updated: ({ source }) => `${source} 更新了告警的内容。`,
    flapping: ({ times, until }) =>
      `近期已触发 ${times} 次（抖动）。只通知一次，平稳后才再通知${until === null ? '' : `；若不再触发，时间为 ${until}`}。`,
    firingAbsent: '样本停止发送，告警触发。',
    routed: ({ receiver, route, group }) =>
      `依${route === '{}' ? '默认路由' : `路由 ${route}`}交给接收者 ${receiver}，分组为 ${group === '{}' ? '全部' : group}。`,
    held: ({ until }) =>
      `条件不再成立；告警${until === null ? '' : `保持触发至 ${until}，`}暂不结束（keep_firing_for）。`,
    recovered: '条件再次成立；告警继续。',
    cleared: ({ value, lasted, span }) =>
      `条件不再成立${value === null ? '' : `：值为 ${value}`}。${lasted !== null && span !== null ? `只持续了 ${lasted}，规则要求 ${span}：告警从未触发。` : '告警从未触发。'}`,
    resolved: ({ value }) => `条件不再成立${value === null ? '' : `：值为 ${value}`}。告警结束。`,
    resolvedNoData: '序列停止发送数据，规则将此视为结束：告警结束。',
    resolvedBySender: ({ source }) => `${source} 表示告警已结束。`,
    resolvedByDeadline: ({ source }) => `${source} 只让告警持续到此刻，之后没有再提：告警结束。`,
    resolvedManual: ({ by, note }) => `${by} 手动结束告警${noted(note)}。`,
    resolvedRuleRemoved: '规则被移除，告警随之结束。',
    resolvedOther: (reason) => `告警结束（${reason}）。`,
    severity: ({ from, to, value }) =>
      `严重程度由 ${from} 变为 ${to}${value === null ? '' : `：值为 ${value}`}。`,
    dataBack: ({ value }) => `样本恢复发送：值为 ${value}。`,
    event: ({ message }) => `收到事件：${message}`,
    eventDeduplicated: ({ message }) =>
      `收到事件：${quoted(message)}。不久前已通知过相同事件，因此不再通知（去重窗口）。`,
    acknowledged: ({ by, until, note }) =>
      `${by} 确认告警${noted(note)}。${until === null ? '结束之前' : `${until} 之前`}不重复通知。`,
    unacknowledged: ({ by }) => `${by} 取消确认，恢复重复通知。`,
    ackExpired: '确认已到期，恢复重复通知。',
    snoozed: ({ by, until, note }) =>
      `${by} 将告警推迟提醒${until === null ? '' : `至 ${until}`}${noted(note)}。`,
    unsnoozed: ({ by }) => `${by} 取消推迟提醒。`,
    snoozeEnded: '推迟提醒已到期。',
    assigned: ({ by, to }) => (to === null ? `${by} 取消指派。` : `${by} 将告警指派给 ${to}。`),
    commented: ({ by, text }) => `${by} 留言：${quoted(text)}`,
    escalated: ({ to }) => (to === null ? '告警升级。' : `告警升级至 ${to}。`),
    suppressed: ({ receiver, why }) => `暂不通知 ${receiver}：${why}。`,
    heldBack: ({ receiver, why }) => `尚不通知 ${receiver}：${why}。`,
    skipped: ({ receiver, why }) => `不通知 ${receiver}：${why}。`,
    skippedResolved: ({ receiver }) =>
      `不通知 ${receiver} 告警已结束：此接收者不接收结束通知（send_resolved）。`,
    skippedEndHeld: ({ receiver, why }) => `不通知 ${receiver} 告警已结束：${why}。`,
    unknown: ({ kind, reason }) => (reason === null ? `${kind}。` : `${kind}（${reason}）。`),
    message: ({ receiver, why }) => `产生给 ${receiver} 的消息：${why}。`,
    messageWithout: ({ receiver }) => `产生给 ${receiver} 的消息，但此接收者没有可用的渠道。`,
    noneAccepted: ({ receiver, dead }) =>
      `没有任何渠道将消息送达 ${receiver}（none_accepted）：${dead} 个失败。`,
    notAllAccepted: ({ receiver, accepted, dead }) =>
      `消息应由所有渠道送达 ${receiver}，但未全部送达（not_all_accepted）：${accepted} 个接受，${dead} 个失败。`,
    unreached: ({ receiver, names }) => `给 ${receiver} 的消息无法送达 ${list(names)}：没有可用地址。`,
    someAccepted: ({ receiver, accepted, dead }) =>
      `消息仅由部分渠道送达 ${receiver}，已符合要求：${accepted} 个接受，${dead} 个失败。`,
  },
  because: {
    first: (waited) => (waited === null ? '这是新告警' : `这是新告警，分组已等待其他告警 ${waited}`),
    released: '这是新告警，拦住它的原因已解除',
    new_alerts: '已通知过的分组中出现新告警',
    refired: '过了去重窗口后再次触发',
    escalated: '比先前通知的更严重',
    resolved: '分组中已没有触发中的告警',
    some_resolved: '它已结束；分组中其他告警仍在触发',
    repeat: '它仍在触发，且已过 repeat_interval',
    event: '事件一到就通知',
    digest: (at) => `它在 ${at} 的摘要中`,
    storm: (at) => `它在告警风暴中到来，列于 ${at} 的合并通知`,
    escalation_step: '未及时有人确认，因此执行升级的下一步',
    undelivered: '没有人接受给另一位接收者的消息，因此改为通知这位（emergency）',
    others: '分组中其他告警有变化，而它仍在触发',
    other: (reason) => reason,
  },
  delivery: {
    accepted: ({ channel, attempt }) => `${channel} 接受消息${tried(attempt)}。`,
    arrived: ({ channel, attempt }) => `${channel} 接受消息${tried(attempt)}，并回报已送达。`,
    confirmed: ({ channel }) => `${channel} 回报消息已送达。`,
    lost: ({ channel, error }) => `${channel} 先接受消息，之后回报未送达：${error}。消息成为死信。`,
    partlyLost: ({ channel, error }) => `${channel} 回报消息未送达其中一位收件人：${error}。`,
    answered: ({ channel, answer }) => `有人通过 ${channel} 回复了“${answer}”。`,
    retry: ({ channel, attempt, error }) =>
      `${channel} 未接受消息（第 ${attempt} 次尝试）：${error}。稍后重试。`,
    lostAndHandedOver: ({ channel, error, next }) =>
      `${channel} 之后回报消息未送达：${error}。由 ${next} 接手发送（fallback）。`,
    handedOver: ({ channel, error, next }) =>
      `${channel} 未接受消息：${error}。由 ${next} 接手发送（fallback）。`,
    instead: ({ paused, channel }) =>
      `${paused} 因先前的消息失败而暂停：此消息由 ${channel} 发送（fallback）。`,
    dead: ({ channel, attempt, error }) =>
      `${channel} 未接受消息（第 ${attempt} 次尝试）：${error}。不再重试：消息成为死信。`,
    refused: ({ channel, error }) => `${channel} 拒绝消息：${error}。重试也无济于事：消息成为死信。`,
    expired: ({ channel }) => `给 ${channel} 的消息已过期，成为死信。`,
    poison: ({ channel }) => `发送消息给 ${channel} 时程序三度中止：消息成为死信。`,
    pointless: ({ channel }) => `跳过给 ${channel} 的消息：它只说告警已结束，而触发的消息从未送达该处。`,
    superseded: ({ channel }) => `跳过给 ${channel} 的消息：较新的消息已包含全部内容。`,
    seen: ({ channel }) => `跳过给 ${channel} 的消息：已有人确认。`,
    endUntold: ({ channel }) => `不通知 ${channel} 告警已结束：此渠道不发送结束通知（send_resolved）。`,
    overtaken: ({ channel }) => `跳过给 ${channel} 的消息：告警在消息发出前已结束。`,
    requeued: ({ by, channel }) => `${by} 将消息重新送往 ${channel}。`,
    discarded: ({ by, channel, note }) => `${by} 丢弃给 ${channel} 的消息${noted(note)}。`,
    waiting: ({ channel, until }) => `给 ${channel} 的消息等待中；下次尝试在 ${until}。`,
    paused: ({ channel, until }) =>
      `给 ${channel} 的消息等待中：该渠道多次失败，已暂停。将于 ${until} 再试。`,
    slow: ({ channel, until }) =>
      `至今没有渠道接受消息。每五分钟重试一次（slow_round），从 ${channel} 开始；下次尝试在 ${until}。`,
    sending: ({ channel }) => `消息正在送往 ${channel}。`,
    unknown: ({ channel, kind, reason }) => `${channel}：${kind}${reason === null ? '' : `（${reason}）`}。`,
  },
  escalation: {
    armed: ({ policy, next }) => `若无人确认，升级策略${quoted(policy)}将于 ${next} 执行第一步。`,
    step: ({ policy, step, of, round, to, since }) =>
      `自 ${since} 起无人确认：升级策略${quoted(policy)}的第 ${step} 步（共 ${of} 步）通知 ${list(to)}${round > 1 ? `（第 ${round} 轮）` : ''}。`,
    skipped: ({ policy, step, of, by }) =>
      `跳过升级策略${quoted(policy)}的第 ${step} 步（共 ${of} 步）：${by === 'hours' ? '不在其时段内' : '不是其严重程度'}。`,
    paused: ({ policy, why, left }) =>
      `升级策略${quoted(policy)}暂停：${why}。${left === null ? '' : `剩余时间为 ${left}。`}`,
    resumed: ({ policy, next }) => `升级策略${quoted(policy)}继续；下一步在 ${next}。`,
    ended: ({ policy, why }) => `升级策略${quoted(policy)}结束：${why}。`,
    next: ({ policy, at, to, step, of }) =>
      `若无人确认，升级策略${quoted(policy)}的第 ${step} 步（共 ${of} 步）将于 ${at} 通知 ${list(to)}`,
    waits: ({ policy, why }) => `升级策略${quoted(policy)}暂停：${why}`,
    over: ({ policy }) => `升级策略${quoted(policy)}已执行所有步骤`,
    pausedBy: {
      acknowledged: '分组中触发的告警都已有人确认',
      silenced: '分组中触发的告警都已被静默或确认',
      inhibited: '分组中触发的告警都已被抑制或确认',
      muted: '路由在此时段不发通知',
      snoozed: '分组中触发的告警都已推迟提醒或确认',
      resolved: '分组中目前没有触发的告警',
    },
    endedBy: {
      resolved: '分组中已没有触发的告警',
      exhausted: '已执行最后一步',
      policy_gone: '配置中已没有此升级策略',
      routed_elsewhere: '告警自此改由其他接收者负责',
    },
    promoted: ({ from, to, policy, span, while: holds }) =>
      `严重程度由 ${from} 升为 ${to}：${holds === 'unresolved' ? `${span} 内未结束` : `${span} 内无人接手`}（升级策略${quoted(policy)}）。`,
    confirmed: ({ by, via, note }) => `${by} ${via ?? ''}确认消息${noted(note)}。`,
    confirmedBy: { link: '以链接', api: '通过 API', key_press: '以电话按键', reply: '以回复' },
  },
  incident: {
    partOf: ({ incident }) => `它属于一起事故：${incident}。`,
    cause: ({ cause }) => `事故的可能原因：${cause}。`,
    opens: '一起事故由它开始。',
    joins: ({ why }) => `它归入一起事故：${why}。`,
    why: {
      sameService: ({ span }) => `同一服务比它早 ${span} 开始出现问题`,
      near: ({ hops, span }) => `相隔 ${hops} 层调用的服务比它早 ${span} 开始出现问题`,
      again: ({ span }) => `同一告警早它 ${span} 就在其中`,
      alike: ({ span }) => `它与其中的告警相似，最近一条比它早 ${span}`,
      split: '由人员归入',
    },
    wasForetold: ({ at, percent }) => `它在 ${at} 已被预测（${percent} %）。`,
    foretold: ({ from, to, percent, why }) =>
      `预测它将在 ${from} 至 ${to} 之间触发（${percent} %）：${why}。`,
    pattern: ({ pattern, percent, since }) => `识别出模式：${pattern}，自 ${since} 起（${percent} %）。`,
  },
  source: {
    silenceMade: ({ by, matchers, from, until, comment }) =>
      `${by} 静默 ${matchers}${from === null ? '' : `，自 ${from}`}至 ${until}${comment === '' ? '' : `：${quoted(comment)}`}。`,
    silenceChanged: ({ by, matchers, until, comment }) =>
      `${by} 修改静默：${matchers} 至 ${until}${comment === '' ? '' : `，${quoted(comment)}`}。`,
    silenceTakenBack: ({ by }) => `${by} 解除静默。`,
    silenceEnded: ({ by }) => `${by} 的静默结束。`,
    inhibitorFires: ({ source }) => `${source} 触发。在此期间不通知此告警（抑制）。`,
    inhibitorEnds: ({ source }) => `${source} 结束，不再抑制此告警。`,
  },
  moment: {
    notYet: ({ then, began }) => `${then} 时条件尚未成立；首次成立于 ${began}。`,
    over: ({ then, end }) => `${then} 时它已结束（${end}）。`,
    occurred: ({ then, at }) => `它发生于 ${at}，早于 ${then}。`,
    pending: ({ then, since, span }) => `${then} 时尚未触发：条件自 ${since} 起成立，规则要求持续 ${span}。`,
    firing: ({ then, since, told }) => `${then} 时它自 ${since} 起触发中：${told}。`,
    told: ({ receiver, at }) => `${receiver} 已于 ${at} 收到通知`,
    notTold: ({ receiver, why }) => `${receiver} 尚未收到通知，因为${why}`,
  },
  nothing: {
    found: ({ count, more, matchers, from, to }) =>
      `${from} 到 ${to} 之间，符合 ${matchers} 的告警或事件${more ? '至少' : '共'} ${count} 个。`,
    none: ({ matchers, from, to }) =>
      `${from} 到 ${to} 之间没有符合 ${matchers} 的告警或事件，因此没有可通知的内容。`,
    noSeries: '历史数据中没有带这些标签的序列，也没有这个名称的规则：请检查拼写，以及是否有人发送这些数据。',
    noRule: ({ metrics }) => `有带这些标签的序列（${list(metrics)}），但没有规则读取它们。`,
    moreRules: '与这些标签相关的规则不只这些。',
    disabled: ({ name, since, by }) =>
      `规则${quoted(name)}当时已停用${by === null ? '' : `（由 ${by}）`}${since === null ? '' : `，自 ${since} 起`}，因此没有评估。`,
    madeLater: ({ name, at, by }) =>
      by === null
        ? `规则${quoted(name)}目前的版本自 ${at} 起才可知；在那之前没有此规则，或内容不同。`
        : `规则${quoted(name)}当时还不存在：${by} 于 ${at} 创建。`,
    deleted: ({ name, at, by }) => `规则${quoted(name)}当时已不存在：${by} 于 ${at} 删除。`,
    broken: ({ name, problem }) => `规则${quoted(name)}有问题而未运行：${problem}`,
    rule: ({ name, condition, span }) =>
      `规则${quoted(name)}（${condition}${span === null ? '' : `，持续 ${span}`}）当时存在。`,
    counts: '它计算窗口内的事件或告警数量，而该数量未达条件。',
    ruleNoSeries: '它没有找到带这些标签的序列。',
    noSamples: ({ series, last, value }) =>
      last === null
        ? `${series} 在该时段及之前 24 小时都没有样本：没有人发送它。`
        : `${series} 在该时段没有样本：停在 ${last}，值为 ${value}。`,
    highest: ({ series, count, value, at }) =>
      `${series} 有 ${count} 个样本；最高为 ${value}（${at}）。条件从未成立。`,
    lowest: ({ series, count, value, at }) =>
      `${series} 有 ${count} 个样本；最低为 ${value}（${at}）。条件从未成立。`,
    neverMet: ({ series, count, value, at }) =>
      `${series} 有 ${count} 个样本，最后为 ${value}（${at}）。条件从未成立。`,
    tooShort: ({ series, met, span }) => `${series} 的条件最多只持续成立 ${met}；规则要求 ${span}。`,
    met: ({ series, met }) =>
      `${series} 的条件成立了 ${met}，却没有告警：样本可能来得太晚，或 Tocsin 当时未运行。`,
    sampled: ({ series, count, value, at }) => `${series} 有 ${count} 个样本，最后为 ${value}（${at}）。`,
    verdict: ({ at, why }) => `${at} 时规则的结果：${why}。`,
    unknown: (reason) => `目前无法得知规则当时的结果（${reason}）。`,
  },
  rule: {
    said: ({ name, condition, span }) => `${quoted(name)}：${condition}，持续 ${span}。`,
    saidAtOnce: ({ name, condition }) => `${quoted(name)}：${condition}。`,
    origin: ({ origin, hash, since }) => `来自 ${origin}；此版本（${hash}）自 ${since} 起可知。`,
    api: 'API',
    gone: ({ name, hash }) => `${quoted(name)}；当时的版本（${hash}）已不再保存。`,
  },
};
