// Times as Go writes them in alerts: RFC 3339 with up to nine digits of a second, the year 1 where there is none.

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;
/** The year 2200: what is later stands for never. */
const latestAt = 7_258_118_400_000;

/** Epoch milliseconds; null when it says none (nothing, the year 1, before 1970, a time that never comes); undefined when it is no time. */
export function senderTime(value: unknown): number | null | undefined {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || !rfc3339.test(value)) return undefined;
  // More than three digits of a second are cut.
  const at = Date.parse(value.replace(/(\.\d{3})\d+/, '$1'));
  if (Number.isNaN(at)) return undefined;
  return at <= 0 || at >= latestAt ? null : at;
}
