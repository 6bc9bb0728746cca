// What the analysis knows of a message's alerts, in words: the incident, its probable cause, patterns. A name that a
// language lacks does not compile.
import type { AlertMessage, causeCategories, Locale, MessageAnalysis, patternNames } from './message.ts';
import { plain } from './plain.ts';
import { predictionText, predictionWords } from './prediction-text.ts';
import { timeText } from './times.ts';

type Incident = NonNullable<MessageAnalysis['incident']>;
type Cause = NonNullable<MessageAnalysis['cause']>;
type Pattern = MessageAnalysis['patterns'][number];

interface AnalysisWords {
  readonly partOf: string;
  readonly probableCause: string;
  readonly pattern: string;
  readonly category: Readonly<Record<(typeof causeCategories)[number], string>>;
  readonly patterns: Readonly<Record<(typeof patternNames)[number], string>>;
  readonly incident: (of: {
    readonly name: string;
    readonly service: string;
    /** Services beside that one. */
    readonly others: number;
    readonly alerts: number;
    readonly since: string;
  }) => string;
  readonly cause: (of: {
    readonly service: string;
    readonly category: string;
    readonly percent: number;
  }) => string;
  readonly overServices: (pattern: string, services: number) => string;
  readonly ofAlerts: (pattern: string, alerts: number) => string;
}

const counted = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`;

export const analysisWords: Readonly<Record<Locale, AnalysisWords>> = {
  en: {
    partOf: 'Part of',
    probableCause: 'Probable cause',
    pattern: 'Pattern',
    category: {
      resource_exhaustion: 'exhausted resources',
      change: 'a change',
      dependency_failure: 'a failed dependency',
      network: 'network',
      traffic_surge: 'a surge of traffic',
      data_storage: 'data or storage',
      application_fault: 'a fault of the application',
    },
    patterns: {
      burst: 'burst',
      cascade: 'cascade',
      periodic: 'periodic alerts',
      correlation: 'correlated alerts',
      anomaly: 'unusually frequent alerts',
      storm: 'alert storm',
      escalation: 'rising severity',
    },
    incident: ({ name, service, others, alerts, since }) =>
      `${name} on ${service}${others > 0 ? ` and ${counted(others, 'other service')}` : ''}: ${counted(alerts, 'alert')} since ${since}`,
    cause: ({ service, category, percent }) => `${service}, ${category} (${percent} %)`,
    overServices: (pattern, services) => `${pattern} over ${counted(services, 'service')}`,
    ofAlerts: (pattern, alerts) => `${pattern}, ${counted(alerts, 'alert')}`,
  },
  'zh-TW': {
    partOf: '所屬事故',
    probableCause: '可能原因',
    pattern: '模式',
    category: {
      resource_exhaustion: '資源耗盡',
      change: '變更',
      dependency_failure: '相依服務故障',
      network: '網路',
      traffic_surge: '流量暴增',
      data_storage: '資料或儲存',
      application_fault: '應用程式故障',
    },
    patterns: {
      burst: '突發',
      cascade: '連鎖故障',
      periodic: '週期性告警',
      correlation: '關聯告警',
      anomaly: '異常頻繁',
      storm: '告警風暴',
      escalation: '嚴重度攀升',
    },
    incident: ({ name, service, others, alerts, since }) =>
      `${service} 的 ${name}${others > 0 ? `，另有 ${others} 個服務` : ''}：自 ${since} 起 ${alerts} 則告警`,
    cause: ({ service, category, percent }) => `${service}，${category}（${percent} %）`,
    overServices: (pattern, services) => `${pattern}，波及 ${services} 個服務`,
    ofAlerts: (pattern, alerts) => `${pattern}，${alerts} 則告警`,
  },
  'zh-CN': {
    partOf: '所属事故',
    probableCause: '可能原因',
    pattern: '模式',
    category: {
      resource_exhaustion: '资源耗尽',
      change: '变更',
      dependency_failure: '依赖服务故障',
      network: '网络',
      traffic_surge: '流量激增',
      data_storage: '数据或存储',
      application_fault: '应用程序故障',
    },
    patterns: {
      burst: '突发',
      cascade: '连锁故障',
      periodic: '周期性告警',
      correlation: '关联告警',
      anomaly: '异常频繁',
      storm: '告警风暴',
      escalation: '严重程度攀升',
    },
    incident: ({ name, service, others, alerts, since }) =>
      `${service} 的 ${name}${others > 0 ? `，另有 ${others} 个服务` : ''}：自 ${since} 起 ${alerts} 条告警`,
    cause: ({ service, category, percent }) => `${service}，${category}（${percent} %）`,
    overServices: (pattern, services) => `${pattern}，波及 ${services} 个服务`,
    ofAlerts: (pattern, alerts) => `${pattern}，${alerts} 条告警`,
  },
};

/** `HighErrorRate on cart-db and 2 other services: 7 alerts since …` */
export function incidentText(of: Incident, locale: Locale, zone: string | undefined): string {
  const { first, services, alerts, openedAt } = of;
  return analysisWords[locale].incident({
    ...{ name: plain(first.name, 120), service: plain(first.service, 120) },
    ...{ others: services - 1, alerts, since: timeText(openedAt, zone) },
  });
}

/** `cart-db, data or storage (82 %)` */
export function causeText({ service, category, confidence }: Cause, locale: Locale): string {
  const words = analysisWords[locale];
  return words.cause({
    ...{ service: plain(service, 120), category: words.category[category] },
    percent: percentOf(confidence),
  });
}

/** `cascade over 4 services` */
export function patternText(
  { pattern, alerts, services }: Pick<Pattern, 'pattern' | 'alerts' | 'services'>,
  locale: Locale,
): string {
  const { patterns, overServices, ofAlerts } = analysisWords[locale];
  const name = patterns[pattern];
  return services !== null && services > 1 ? overServices(name, services) : ofAlerts(name, alerts);
}

/** A confidence as people read it: nothing is ever sure. */
export function percentOf(confidence: number): number {
  return Math.min(99, Math.round(confidence * 100));
}

/** A row for each thing that is known; none where nothing is. */
export function analysisRows(
  { analysis, timeZone }: AlertMessage,
  locale: Locale,
): readonly (readonly [name: string, value: string])[] {
  if (analysis === undefined) return [];
  const t = analysisWords[locale];
  const { incident, cause, patterns, predictions = [] } = analysis;
  return [
    ...(incident === null ? [] : [[t.partOf, incidentText(incident, locale, timeZone)] as const]),
    ...(cause === null ? [] : [[t.probableCause, causeText(cause, locale)] as const]),
    ...patterns.map((one) => [t.pattern, patternText(one, locale)] as const),
    ...predictions.map(
      (one) => [predictionWords[locale].expected, predictionText(one, locale, timeZone)] as const,
    ),
  ];
}

/** As receivers of JSON see it: times in ISO 8601. */
export function analysisObject({ incident, cause, patterns, predictions = [] }: MessageAnalysis) {
  return {
    incident: incident && {
      ...{ id: incident.id, title: incident.title, alerts: incident.alerts, services: incident.services },
      since: new Date(incident.openedAt).toISOString(),
    },
    cause,
    patterns: patterns.map(({ from, ...rest }) => ({ ...rest, since: new Date(from).toISOString() })),
    predictions: predictions.map(({ from, to, ...rest }) => ({
      ...rest,
      ...{ from: new Date(from).toISOString(), to: new Date(to).toISOString() },
    })),
  };
}
