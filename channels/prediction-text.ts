// What is expected after the alerts of a message, in words.
import type { Locale, MessagePrediction, predictionModels } from './message.ts';
import { plain } from './plain.ts';
import { timeText } from './times.ts';

interface Told {
  readonly what: string;
  readonly from: string;
  readonly to: string;
  /** How sure it is. */
  readonly sure: string;
}

interface PredictionWords {
  readonly expected: string;
  readonly what: (of: { readonly name: string; readonly service: string | null }) => string;
  readonly times: (of: { readonly came: number; readonly of: number }) => string;
  readonly told: Readonly<Record<(typeof predictionModels)[number], (of: Told) => string>>;
  /** What a model goes by. */
  readonly model: Readonly<Record<(typeof predictionModels)[number], string>>;
}

export const predictionWords: Readonly<Record<Locale, PredictionWords>> = {
  en: {
    expected: 'Expected next',
    what: ({ name, service }) => (service === null ? name : `${name} on ${service}`),
    times: ({ came, of }) => `${came} of ${of} times`,
    told: {
      renewal: ({ what, from, to, sure }) => `${what} again between ${from} and ${to} (${sure})`,
      clock: ({ what, from, to, sure }) => `${what} again between ${from} and ${to} (${sure})`,
      capacity: ({ what, from, to, sure }) => `${what} between ${from} and ${to} (${sure})`,
      cascade: ({ what, to, sure }) => `${what} follows by ${to} (${sure})`,
      burst: ({ what, to, sure }) => `more of ${what} by ${to} (${sure})`,
    },
    model: {
      renewal: 'it comes at intervals',
      clock: 'it comes at times of the day',
      capacity: 'something fills up',
      cascade: 'it follows another alert',
      burst: 'there is a burst',
    },
  },
  'zh-TW': {
    expected: '預期接續',
    what: ({ name, service }) => (service === null ? name : `${service} 的 ${name}`),
    times: ({ came, of }) => `過去 ${of} 次中有 ${came} 次`,
    told: {
      renewal: ({ what, from, to, sure }) => `${what} 將在 ${from} 至 ${to} 之間再次出現（${sure}）`,
      clock: ({ what, from, to, sure }) => `${what} 將在 ${from} 至 ${to} 之間再次出現（${sure}）`,
      capacity: ({ what, from, to, sure }) => `${what} 將在 ${from} 至 ${to} 之間觸發（${sure}）`,
      cascade: ({ what, to, sure }) => `${what} 將在 ${to} 前隨之出現（${sure}）`,
      burst: ({ what, to, sure }) => `${to} 前將有更多 ${what}（${sure}）`,
    },
    model: {
      renewal: '它按固定間隔出現',
      clock: '它在每日固定時刻出現',
      capacity: '用量持續攀升',
      cascade: '它隨另一告警出現',
      burst: '正在突發',
    },
  },
  'zh-CN': {
    expected: '预计接续',
    what: ({ name, service }) => (service === null ? name : `${service} 的 ${name}`),
    times: ({ came, of }) => `过去 ${of} 次中有 ${came} 次`,
    told: {
      renewal: ({ what, from, to, sure }) => `${what} 将在 ${from} 至 ${to} 之间再次出现（${sure}）`,
      clock: ({ what, from, to, sure }) => `${what} 将在 ${from} 至 ${to} 之间再次出现（${sure}）`,
      capacity: ({ what, from, to, sure }) => `${what} 将在 ${from} 至 ${to} 之间触发（${sure}）`,
      cascade: ({ what, to, sure }) => `${what} 将在 ${to} 前随之出现（${sure}）`,
      burst: ({ what, to, sure }) => `${to} 前将有更多 ${what}（${sure}）`,
    },
    model: {
      renewal: '它按固定间隔出现',
      clock: '它在每日固定时刻出现',
      capacity: '用量持续攀升',
      cascade: '它随另一告警出现',
      burst: '正在突发',
    },
  },
};

/** `HighErrorRate on cart follows by 2026-03-14 14:06:10 UTC (17 of 19 times)` */
export function predictionText(of: MessagePrediction, locale: Locale, zone: string | undefined): string {
  const words = predictionWords[locale];
  const { model, name, service, from, to, confidence, times } = of;
  return words.told[model]({
    what: words.what({ name: plain(name, 120), service: service === null ? null : plain(service, 120) }),
    ...{ from: timeText(from, zone), to: timeText(to, zone) },
    // As everything that is only likely: never a hundred.
    sure: times === null ? `${Math.min(99, Math.round(confidence * 100))} %` : words.times(times),
  });
}
