// The open alerts of a tenant, a hundred thousand of them when it starts in the middle of a storm. Rows come as arrays,
// and what most rows have in common as one text that is read once: of the 33 columns each would be a value to make.
import { labelsOfText } from '../../../rules/labels.ts';
import type { Finding } from '../../../rules/types.ts';
import type { AlertRow } from '../../pipeline/rows.ts';
import type { Db } from './database.ts';
import { idText } from './id-codec.ts';

type Common = Pick<
  AlertRow,
  | 'kind'
  | 'source'
  | 'rule'
  | 'ruleHash'
  | 'state'
  | 'severity'
  | 'effectiveSeverity'
  | 'priority'
  | 'category'
  | 'resolveReason'
>;

const commonColumns = `json_object('kind', a.kind, 'source', a.source, 'rule', a.rule, 'ruleHash', a.rule_hash,
  'state', a.state, 'severity', a.severity, 'effectiveSeverity', a.effective_severity, 'priority', a.priority,
  'category', a.category, 'resolveReason', a.resolve_reason)`;

type Row = readonly [
  common: string,
  id: Buffer,
  key: string,
  labels: string,
  fingerprint: string,
  value: number | null,
  annotations: string,
  dedupKey: string | null,
  pendingSince: number | null,
  firedAt: number | null,
  keepUntil: number | null,
  lastSampleAt: number | null,
  endsAt: number | null,
  resolvedAt: number | null,
  ackedBy: string | null,
  ackedAt: number | null,
  ackUntil: number | null,
  snoozedUntil: number | null,
  snoozedBy: string | null,
  assignee: string | null,
  comments: number | null,
  nextAt: number | null,
  version: number,
  promoted: string | null,
  severitySince: number | null,
  finding: string | null,
];

/** Reads every alert of a tenant that is pending or firing, in no order. */
export function openAlertsReader(db: Db): (tenant: string) => IterableIterator<AlertRow> {
  const rows = db.raw
    .prepare<[string], Row>(
      `SELECT ${commonColumns}, a.id, a.key, l.json, a.fingerprint, a.value, a.annotations, a.dedup_key,
         a.pending_since, a.fired_at, a.keep_until, a.last_sample_at, a.ends_at, a.resolved_at, a.acked_by, a.acked_at,
         a.ack_until, a.snoozed_until, a.snoozed_by, a.assignee, a.comments, a.next_at, a.version, a.promoted,
         a.severity_since, a.finding
       FROM alert a INDEXED BY alert_open
       CROSS JOIN labelset l ON l.tenant = a.tenant AND l.id = a.labelset
       WHERE a.tenant = ? AND a.kind = 'alert' AND a.state <> 'resolved'`,
    )
    .raw();
  return function* read(tenant) {
    const known = new Map<string, Common>();
    const commonOf = (text: string): Common => {
      const before = known.get(text);
      if (before !== undefined) return before;
      const common = JSON.parse(text) as Common;
      known.set(text, common);
      return common;
    };
    for (const row of rows.iterate(tenant)) yield alertOf(tenant, commonOf(row[0]), row);
  };
}

function alertOf(tenant: string, common: Common, row: Row): AlertRow {
  return {
    tenant,
    id: idText(row[1]),
    kind: common.kind,
    key: row[2],
    source: common.source,
    rule: common.rule,
    ruleHash: common.ruleHash,
    labels: labelsOfText(row[3]),
    fingerprint: row[4],
    state: common.state,
    severity: common.severity,
    effectiveSeverity: common.effectiveSeverity,
    priority: common.priority,
    category: common.category,
    value: row[5],
    annotations: JSON.parse(row[6]) as AlertRow['annotations'],
    dedupKey: row[7],
    pendingSince: row[8],
    firedAt: row[9],
    keepUntil: row[10],
    lastSampleAt: row[11],
    endsAt: row[12],
    resolvedAt: row[13],
    resolveReason: common.resolveReason,
    ackedBy: row[14],
    ackedAt: row[15],
    ackUntil: row[16],
    snoozedUntil: row[17],
    snoozedBy: row[18],
    assignee: row[19],
    comments: row[20] ?? 0,
    nextAt: row[21],
    version: row[22],
    ...(row[23] !== null && { promoted: row[23] as AlertRow['severity'] }),
    ...(row[24] !== null && { severitySince: row[24] }),
    ...(row[25] !== null && { finding: JSON.parse(row[25]) as Finding }),
  };
}
