// 繁體中文。
import type { Texts } from './en.ts';

const list = (items: readonly string[]) => items.join('、');
const quoted = (text: string) => `「${text}」`;
const noted = (note: string | null) => (note === null ? '' : `：${quoted(note)}`);
const tried = (attempt: number) => (attempt > 1 ? `（第 ${attempt} 次嘗試）` : '');

export const zhTW: Texts = {
  list,
  quoted,
  gap: '',
  semicolon: '；',
  somebody: '有人',
  page: {
    now: '現在',
    receivers: '通知了誰',
    story: '經過',
    rule: '規則',
    times: (zone) => `時間均為 ${zone} 時區。`,
    older: '更早的紀錄未顯示。',
  },
  is: {
    firing: ({ what, severity, since }) => `${what}（${severity}）自 ${since} 起觸發中。`,
    pending: ({ what, severity, since, span }) =>
      `${what}（${severity}）尚未觸發：條件自 ${since} 起成立，規則要求持續 ${span}。`,
    resolved: ({ what, severity, since, end, why }) =>
      `${what}（${severity}）於 ${since} 觸發，${end} 結束，原因是${why}。`,
    cleared: ({ what, severity, since, end, why }) =>
      `${what}（${severity}）從未觸發：條件只在 ${since} 到 ${end} 之間成立。${why}`,
    event: ({ what, severity, at, message }) => `${what}（${severity}）是 ${at} 的事件：${message}`,
    value: ({ value, at, condition }) => `${at} 的值為 ${value}；規則是 ${condition}。`,
    condition: ({ condition }) => `規則是 ${condition}。`,
    unusual: ({ finding }) => `對這個序列而言異常：${finding}。`,
    tooShort: ({ span, lasted }) => `規則要求持續 ${span}，實際只持續了 ${lasted}。`,
    gone: '在持續夠久之前，規則已被移除。',
    byHand: '在持續夠久之前，有人手動結束了它。',
    acknowledged: ({ by, until }) =>
      until === null ? `${by} 已確認此告警。` : `${by} 已確認此告警，有效至 ${until}。`,
  },
  ended: {
    condition_cleared: '條件不再成立',
    cleared_while_pending: '條件不再成立',
    no_data: '序列停止傳送資料，而規則將此視為結束',
    manual: '有人手動結束',
    rule_removed: '規則已被移除',
    series_expired: '序列已不存在',
    sender_resolved: '傳送者說它已結束',
    ends_at_passed: '傳送者只讓它持續到那時，之後沒有再提',
    occurred: '它是一個事件',
    other: (reason) => reason,
  },
  told: ({ receiver, at, channels, end }) =>
    `${receiver} 於 ${at} 經由 ${list(channels)} 收到通知${end === null ? '' : `，並於 ${end} 收到結束通知`}。`,
  notTold: ({ receiver, why }) => `${receiver} 沒有收到通知：${why}。`,
  nobody: ({ why }) => `沒有通知任何人：${why}。`,
  why: {
    onItsWay: ({ channels, until, error }) =>
      error === null
        ? `訊息正在送往 ${list(channels)}`
        : `${list(channels)} 尚未接受訊息（${error}）；下次嘗試在 ${until}`,
    quiet: ({ until }) => `訊息等待勿擾時段於 ${until} 結束`,
    notDelivered: ({ channels, attempts, error }) =>
      `${list(channels)} ${attempts > 0 ? `在 ${attempts} 次嘗試中都` : ''}沒有接受訊息${error === null ? '' : `，最後的回應是 ${error}`}；訊息已成為死信，只能手動重送`,
    expired: ({ channels, error }) =>
      `給 ${list(channels)} 的訊息未能及時送達，已成為死信${error === null ? '' : `（最後的回應：${error}）`}`,
    discarded: ({ channels }) => `給 ${list(channels)} 的訊息無法送達，已由人員捨棄`,
    superseded: ({ channels }) => `送往 ${list(channels)} 的較新訊息已包含同樣內容，取代了它`,
    seen: ({ channels }) => `訊息送往 ${list(channels)} 之前已有人確認`,
    resolved_before_send: ({ channels }) => `訊息送往 ${list(channels)} 之前它已結束，因此觸發與結束都不通知`,
    pending: '它尚未觸發',
    cleared_while_pending: '它從未觸發',
    waits: {
      group_wait: (until) => `群組等到 ${until}，以便與其他告警一併通知（group_wait）`,
      group_interval: (until) => `群組剛通知過，${until} 起才可再次通知（group_interval）`,
      resolve_wait: (until) => `群組等到 ${until}，確認它不再觸發（resolve_wait）`,
      suppression_ended: (until) => `攔住它的原因已解除；將於 ${until} 通知`,
      digest: (until) => `它等待 ${until} 的摘要`,
      storm: (until) => `它在告警風暴中到來，等待 ${until} 的合併通知`,
      other: (until) => `群組將於 ${until} 再次檢視`,
      soon: '群組即將通知',
    },
    silenced: ({ silences }) => `已被靜音，${list(silences)}`,
    wasSilenced: ({ silences }) => `當時已被靜音，${list(silences)}`,
    silence: ({ by, until, comment }) =>
      `由 ${by} 設定，至 ${until}${comment === '' ? '' : `（${quoted(comment)}）`}`,
    silenceGone: '該靜音的紀錄已不再保存',
    inhibited: ({ sources }) => `${list(sources)} 觸發期間，此告警被抑制`,
    wasInhibited: ({ sources }) => `當時 ${list(sources)} 觸發中，此告警被抑制`,
    sourceGone: '另一個告警',
    muted: ({ names, until }) =>
      `路由在此時段不發通知${names.length === 0 ? '' : `（${list(names)}）`}${until === null ? '' : `，至 ${until}`}`,
    snoozed: ({ until }) => (until === null ? '有人已將它延後提醒' : `有人已將它延後提醒至 ${until}`),
    flapping: ({ until }) =>
      `它反覆觸發與恢復（抖動）${until === null ? '' : `；若平穩至 ${until} 才會通知`}`,
    receiver_gone: '設定中已沒有此接收者',
    within_dedupe_window: ({ until }) =>
      until === null
        ? '在去重時窗內，不久前才通知過相同內容'
        : `不久前已通知過相同內容；若到 ${until} 仍在觸發才會再次通知（去重時窗）`,
    acknowledged: ({ by, until }) => (until === null ? `${by} 已確認` : `${by} 已確認，有效至 ${until}`),
    within_repeat_interval: ({ until }) =>
      until === null
        ? '過了 repeat_interval 才會重複通知'
        : `若到 ${until} 仍在觸發，屆時會再次通知（repeat_interval）`,
    resolved_before_notify: '群組等待期滿之前它就已結束',
    send_resolved_off: '此接收者不接收結束通知',
    routed_elsewhere: '嚴重度改變後，在此處通知之前就轉往其他接收者',
    no_channel: '此接收者沒有可用的管道',
    not_recorded: '紀錄中已查不到原因',
    other: (reason) => reason,
  },
  line: {
    pending: ({ value, condition, span }) =>
      `條件首次成立：值為 ${value}，規則是 ${condition}。${span === null ? '持續夠久才會觸發。' : `若持續 ${span} 就會觸發。`}`,
    firingUnusual: ({ finding }) => `告警觸發：對這個序列而言異常：${finding}。`,
    firingAtOnce: ({ value, condition }) =>
      `告警觸發：值為 ${value}，規則是 ${condition}。規則不要求持續時間。`,
    firingAfter: ({ value, lasted }) => `條件已持續 ${lasted}：告警觸發。值為 ${value}。`,
    firingOutside: ({ source, severity, rule }) =>
      `${source} 表示告警觸發。${rule === null ? '' : `它沒有說明嚴重度：${rule === 'default' ? '依預設' : `依規則「${rule}」`}為 ${severity}。`}`,
    updated: ({ source }) => `${source} 更新了告警的內容。`,
    flapping: ({ times, until }) =>
      `近期已觸發 ${times} 次（抖動）。只通知一次，平穩後才再通知${until === null ? '' : `；若不再觸發，時間為 ${until}`}。`,
    firingAbsent: '樣本停止傳送，告警觸發。',
    routed: ({ receiver, route, group }) =>
      `依${route === '{}' ? '預設路由' : `路由 ${route}`}交給接收者 ${receiver}，群組為 ${group === '{}' ? '全部' : group}。`,
    held: ({ until }) =>
      `條件不再成立；告警${until === null ? '' : `保持觸發至 ${until}，`}暫不結束（keep_firing_for）。`,
    recovered: '條件再次成立；告警繼續。',
    cleared: ({ value, lasted, span }) =>
      `條件不再成立${value === null ? '' : `：值為 ${value}`}。${lasted !== null && span !== null ? `只持續了 ${lasted}，規則要求 ${span}：告警從未觸發。` : '告警從未觸發。'}`,
    resolved: ({ value }) => `條件不再成立${value === null ? '' : `：值為 ${value}`}。告警結束。`,
    resolvedNoData: '序列停止傳送資料，規則將此視為結束：告警結束。',
    resolvedBySender: ({ source }) => `${source} 表示告警已結束。`,
    resolvedByDeadline: ({ source }) => `${source} 只讓告警持續到此刻，之後沒有再提：告警結束。`,
    resolvedManual: ({ by, note }) => `${by} 手動結束告警${noted(note)}。`,
    resolvedRuleRemoved: '規則被移除，告警隨之結束。',
    resolvedOther: (reason) => `告警結束（${reason}）。`,
    severity: ({ from, to, value }) =>
      `嚴重度由 ${from} 變為 ${to}${value === null ? '' : `：值為 ${value}`}。`,
    dataBack: ({ value }) => `樣本恢復傳送：值為 ${value}。`,
    event: ({ message }) => `收到事件：${message}`,
    eventDeduplicated: ({ message }) =>
      `收到事件：${quoted(message)}。不久前已通知過相同事件，因此不再通知（去重時窗）。`,
    acknowledged: ({ by, until, note }) =>
      `${by} 確認告警${noted(note)}。${until === null ? '結束之前' : `${until} 之前`}不重複通知。`,
    unacknowledged: ({ by }) => `${by} 取消確認，恢復重複通知。`,
    ackExpired: '確認已到期，恢復重複通知。',
    snoozed: ({ by, until, note }) =>
      `${by} 將告警延後提醒${until === null ? '' : `至 ${until}`}${noted(note)}。`,
    unsnoozed: ({ by }) => `${by} 取消延後提醒。`,
    snoozeEnded: '延後提醒已到期。',
    assigned: ({ by, to }) => (to === null ? `${by} 取消指派。` : `${by} 將告警指派給 ${to}。`),
    commented: ({ by, text }) => `${by} 留言：${quoted(text)}`,
    escalated: ({ to }) => (to === null ? '告警升級。' : `告警升級至 ${to}。`),
    suppressed: ({ receiver, why }) => `暫不通知 ${receiver}：${why}。`,
    heldBack: ({ receiver, why }) => `尚不通知 ${receiver}：${why}。`,
    skipped: ({ receiver, why }) => `不通知 ${receiver}：${why}。`,
    skippedResolved: ({ receiver }) =>
      `不通知 ${receiver} 告警已結束：此接收者不接收結束通知（send_resolved）。`,
    skippedEndHeld: ({ receiver, why }) => `不通知 ${receiver} 告警已結束：${why}。`,
    unknown: ({ kind, reason }) => (reason === null ? `${kind}。` : `${kind}（${reason}）。`),
    message: ({ receiver, why }) => `產生給 ${receiver} 的訊息：${why}。`,
    messageWithout: ({ receiver }) => `產生給 ${receiver} 的訊息，但此接收者沒有可用的管道。`,
    noneAccepted: ({ receiver, dead }) =>
      `沒有任何管道將訊息送達 ${receiver}（none_accepted）：${dead} 個失敗。`,
    notAllAccepted: ({ receiver, accepted, dead }) =>
      `訊息應由所有管道送達 ${receiver}，但未全部送達（not_all_accepted）：${accepted} 個接受，${dead} 個失敗。`,
    unreached: ({ receiver, names }) => `給 ${receiver} 的訊息無法送達 ${list(names)}：沒有可用的地址。`,
    someAccepted: ({ receiver, accepted, dead }) =>
      `訊息僅由部分管道送達 ${receiver}，已符合要求：${accepted} 個接受，${dead} 個失敗。`,
  },
  because: {
    first: (waited) => (waited === null ? '這是新告警' : `這是新告警，群組已等待其他告警 ${waited}`),
    released: '這是新告警，攔住它的原因已解除',
    new_alerts: '已通知過的群組中出現新告警',
    refired: '過了去重時窗後再次觸發',
    escalated: '比先前通知的更嚴重',
    resolved: '群組中已沒有觸發中的告警',
    some_resolved: '它已結束；群組中其他告警仍在觸發',
    repeat: '它仍在觸發，且已過 repeat_interval',
    event: '事件一到就通知',
    digest: (at) => `它在 ${at} 的摘要中`,
    storm: (at) => `它在告警風暴中到來，列於 ${at} 的合併通知`,
    escalation_step: '未及時有人確認，因此執行升級的下一步',
    undelivered: '沒有人接受給另一位接收者的訊息，因此改為通知這位（emergency）',
    others: '群組中其他告警有變化，而它仍在觸發',
    other: (reason) => reason,
  },
  delivery: {
    accepted: ({ channel, attempt }) => `${channel} 接受訊息${tried(attempt)}。`,
    arrived: ({ channel, attempt }) => `${channel} 接受訊息${tried(attempt)}，並回報已送達。`,
    confirmed: ({ channel }) => `${channel} 回報訊息已送達。`,
    lost: ({ channel, error }) => `${channel} 先接受訊息，之後回報未送達：${error}。訊息成為死信。`,
    partlyLost: ({ channel, error }) => `${channel} 回報訊息未送達其中一位收件人：${error}。`,
    answered: ({ channel, answer }) => `有人透過 ${channel} 回覆了「${answer}」。`,
    retry: ({ channel, attempt, error }) =>
      `${channel} 未接受訊息（第 ${attempt} 次嘗試）：${error}。稍後重試。`,
    lostAndHandedOver: ({ channel, error, next }) =>
      `${channel} 之後回報訊息未送達：${error}。由 ${next} 接手傳送（fallback）。`,
    handedOver: ({ channel, error, next }) =>
      `${channel} 未接受訊息：${error}。由 ${next} 接手傳送（fallback）。`,
    instead: ({ paused, channel }) =>
      `${paused} 因先前的訊息失敗而暫停：此訊息由 ${channel} 傳送（fallback）。`,
    dead: ({ channel, attempt, error }) =>
      `${channel} 未接受訊息（第 ${attempt} 次嘗試）：${error}。不再重試：訊息成為死信。`,
    refused: ({ channel, error }) => `${channel} 拒絕訊息：${error}。重試也無濟於事：訊息成為死信。`,
    expired: ({ channel }) => `給 ${channel} 的訊息已過期，成為死信。`,
    poison: ({ channel }) => `傳送訊息給 ${channel} 時程式三度中止：訊息成為死信。`,
    pointless: ({ channel }) => `略過給 ${channel} 的訊息：它只說告警已結束，而觸發的訊息從未送達該處。`,
    superseded: ({ channel }) => `略過給 ${channel} 的訊息：較新的訊息已包含全部內容。`,
    seen: ({ channel }) => `略過給 ${channel} 的訊息：已有人確認。`,
    endUntold: ({ channel }) => `不通知 ${channel} 告警已結束：此管道不發送結束通知（send_resolved）。`,
    overtaken: ({ channel }) => `略過給 ${channel} 的訊息：告警在訊息送出前已結束。`,
    requeued: ({ by, channel }) => `${by} 將訊息重新送往 ${channel}。`,
    discarded: ({ by, channel, note }) => `${by} 捨棄給 ${channel} 的訊息${noted(note)}。`,
    waiting: ({ channel, until }) => `給 ${channel} 的訊息等待中；下次嘗試在 ${until}。`,
    paused: ({ channel, until }) =>
      `給 ${channel} 的訊息等待中：該管道多次失敗，已暫停。將於 ${until} 再試。`,
    slow: ({ channel, until }) =>
      `至今沒有管道接受訊息。每五分鐘重試一次（slow_round），從 ${channel} 開始；下次嘗試在 ${until}。`,
    sending: ({ channel }) => `訊息正在送往 ${channel}。`,
    unknown: ({ channel, kind, reason }) => `${channel}：${kind}${reason === null ? '' : `（${reason}）`}。`,
  },
  escalation: {
    armed: ({ policy, next }) => `若無人確認，升級策略${quoted(policy)}將於 ${next} 執行第一步。`,
    step: ({ policy, step, of, round, to, since }) =>
      `自 ${since} 起無人確認：升級策略${quoted(policy)}的第 ${step} 步（共 ${of} 步）通知 ${list(to)}${round > 1 ? `（第 ${round} 輪）` : ''}。`,
    skipped: ({ policy, step, of, by }) =>
      `略過升級策略${quoted(policy)}的第 ${step} 步（共 ${of} 步）：${by === 'hours' ? '不在其時段內' : '不是其嚴重度'}。`,
    paused: ({ policy, why, left }) =>
      `升級策略${quoted(policy)}暫停：${why}。${left === null ? '' : `剩餘時間為 ${left}。`}`,
    resumed: ({ policy, next }) => `升級策略${quoted(policy)}繼續；下一步在 ${next}。`,
    ended: ({ policy, why }) => `升級策略${quoted(policy)}結束：${why}。`,
    next: ({ policy, at, to, step, of }) =>
      `若無人確認，升級策略${quoted(policy)}的第 ${step} 步（共 ${of} 步）將於 ${at} 通知 ${list(to)}`,
    waits: ({ policy, why }) => `升級策略${quoted(policy)}暫停：${why}`,
    over: ({ policy }) => `升級策略${quoted(policy)}已執行所有步驟`,
    pausedBy: {
      acknowledged: '群組中觸發的告警都已有人確認',
      silenced: '群組中觸發的告警都已被靜音或確認',
      inhibited: '群組中觸發的告警都已被抑制或確認',
      muted: '路由在此時段不發通知',
      snoozed: '群組中觸發的告警都已延後提醒或確認',
      resolved: '群組中目前沒有觸發的告警',
    },
    endedBy: {
      resolved: '群組中已沒有觸發的告警',
      exhausted: '已執行最後一步',
      policy_gone: '設定中已沒有此升級策略',
      routed_elsewhere: '告警自此改由其他接收者負責',
    },
    promoted: ({ from, to, policy, span, while: holds }) =>
      `嚴重度由 ${from} 升為 ${to}：${holds === 'unresolved' ? `${span} 內未結束` : `${span} 內無人接手`}（升級策略${quoted(policy)}）。`,
    confirmed: ({ by, via, note }) => `${by} ${via ?? ''}確認訊息${noted(note)}。`,
    confirmedBy: { link: '以連結', api: '經由 API', key_press: '以電話按鍵', reply: '以回覆' },
  },
  incident: {
    partOf: ({ incident }) => `它屬於一起事故：${incident}。`,
    cause: ({ cause }) => `事故的可能原因：${cause}。`,
    opens: '一起事故由它開始。',
    joins: ({ why }) => `它歸入一起事故：${why}。`,
    why: {
      sameService: ({ span }) => `同一服務比它早 ${span} 開始出現問題`,
      near: ({ hops, span }) => `相隔 ${hops} 層呼叫的服務比它早 ${span} 開始出現問題`,
      again: ({ span }) => `同一告警早它 ${span} 就在其中`,
      alike: ({ span }) => `它與其中的告警相似，最近一則比它早 ${span}`,
      split: '由人員歸入',
    },
    wasForetold: ({ at, percent }) => `它在 ${at} 已被預測（${percent} %）。`,
    foretold: ({ from, to, percent, why }) =>
      `預測它將在 ${from} 至 ${to} 之間觸發（${percent} %）：${why}。`,
    pattern: ({ pattern, percent, since }) => `辨識出模式：${pattern}，自 ${since} 起（${percent} %）。`,
  },
  source: {
    silenceMade: ({ by, matchers, from, until, comment }) =>
      `${by} 將 ${matchers} 靜音${from === null ? '' : `，自 ${from} `}至 ${until}${comment === '' ? '' : `：${quoted(comment)}`}。`,
    silenceChanged: ({ by, matchers, until, comment }) =>
      `${by} 修改靜音：${matchers} 至 ${until}${comment === '' ? '' : `，${quoted(comment)}`}。`,
    silenceTakenBack: ({ by }) => `${by} 解除靜音。`,
    silenceEnded: ({ by }) => `${by} 的靜音結束。`,
    inhibitorFires: ({ source }) => `${source} 觸發。在此期間不通知此告警（抑制）。`,
    inhibitorEnds: ({ source }) => `${source} 結束，不再抑制此告警。`,
  },
  moment: {
    notYet: ({ then, began }) => `${then} 時條件尚未成立；首次成立於 ${began}。`,
    over: ({ then, end }) => `${then} 時它已結束（${end}）。`,
    occurred: ({ then, at }) => `它發生於 ${at}，早於 ${then}。`,
    pending: ({ then, since, span }) => `${then} 時尚未觸發：條件自 ${since} 起成立，規則要求持續 ${span}。`,
    firing: ({ then, since, told }) => `${then} 時它自 ${since} 起觸發中：${told}。`,
    told: ({ receiver, at }) => `${receiver} 已於 ${at} 收到通知`,
    notTold: ({ receiver, why }) => `${receiver} 尚未收到通知，因為${why}`,
  },
  nothing: {
    found: ({ count, more, matchers, from, to }) =>
      `${from} 到 ${to} 之間，符合 ${matchers} 的告警或事件${more ? '至少' : '共'} ${count} 個。`,
    none: ({ matchers, from, to }) =>
      `${from} 到 ${to} 之間沒有符合 ${matchers} 的告警或事件，因此沒有可通知的內容。`,
    noSeries: '歷史資料中沒有帶這些標籤的序列，也沒有這個名稱的規則：請檢查拼字，以及是否有人傳送這些資料。',
    noRule: ({ metrics }) => `有帶這些標籤的序列（${list(metrics)}），但沒有規則讀取它們。`,
    moreRules: '與這些標籤相關的規則不只這些。',
    disabled: ({ name, since, by }) =>
      `規則${quoted(name)}當時已停用${by === null ? '' : `（由 ${by}）`}${since === null ? '' : `，自 ${since} 起`}，因此沒有評估。`,
    madeLater: ({ name, at, by }) =>
      by === null
        ? `規則${quoted(name)}目前的版本自 ${at} 起才為已知；在那之前沒有此規則，或內容不同。`
        : `規則${quoted(name)}當時還不存在：${by} 於 ${at} 建立。`,
    deleted: ({ name, at, by }) => `規則${quoted(name)}當時已不存在：${by} 於 ${at} 刪除。`,
    broken: ({ name, problem }) => `規則${quoted(name)}有問題而未執行：${problem}`,
    rule: ({ name, condition, span }) =>
      `規則${quoted(name)}（${condition}${span === null ? '' : `，持續 ${span}`}）當時存在。`,
    counts: '它計算時窗內的事件或告警數量，而該數量未達條件。',
    ruleNoSeries: '它沒有找到帶這些標籤的序列。',
    noSamples: ({ series, last, value }) =>
      last === null
        ? `${series} 在該時段及之前 24 小時都沒有樣本：沒有人傳送它。`
        : `${series} 在該時段沒有樣本：停在 ${last}，值為 ${value}。`,
    highest: ({ series, count, value, at }) =>
      `${series} 有 ${count} 個樣本；最高為 ${value}（${at}）。條件從未成立。`,
    lowest: ({ series, count, value, at }) =>
      `${series} 有 ${count} 個樣本；最低為 ${value}（${at}）。條件從未成立。`,
    neverMet: ({ series, count, value, at }) =>
      `${series} 有 ${count} 個樣本，最後為 ${value}（${at}）。條件從未成立。`,
    tooShort: ({ series, met, span }) => `${series} 的條件最多只持續成立 ${met}；規則要求 ${span}。`,
    met: ({ series, met }) =>
      `${series} 的條件成立了 ${met}，卻沒有告警：樣本可能來得太晚，或 Tocsin 當時未執行。`,
    sampled: ({ series, count, value, at }) => `${series} 有 ${count} 個樣本，最後為 ${value}（${at}）。`,
    verdict: ({ at, why }) => `${at} 時規則的結果：${why}。`,
    unknown: (reason) => `目前無法得知規則當時的結果（${reason}）。`,
  },
  rule: {
    said: ({ name, condition, span }) => `${quoted(name)}：${condition}，持續 ${span}。`,
    saidAtOnce: ({ name, condition }) => `${quoted(name)}：${condition}。`,
    origin: ({ origin, hash, since }) => `來自 ${origin}；此版本（${hash}）自 ${since} 起為已知。`,
    api: 'API',
    gone: ({ name, hash }) => `${quoted(name)}；當時的版本（${hash}）已不再保存。`,
  },
};
