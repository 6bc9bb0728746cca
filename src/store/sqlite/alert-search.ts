// Finding alerts and events again, newest first. SQL narrows by columns; matchers and words are tried here, on a few columns
// of the rows that are left, and only what is found is read whole. A scan looks at a bounded number of rows, see
// keyset-page.ts, so the worst question costs no more than the bound.
import { labelsOfText } from '../../../rules/labels.ts';
import { matchesAll } from '../../../rules/matchers.ts';
import { hasWords } from '../search-text.ts';
import type { AlertFilter } from '../store.ts';
import type { Db } from './database.ts';
import { type Scan, scanned } from './keyset-page.ts';
import type { StoredAlert } from './row-codec.ts';
import { alert, columnsOf } from './schema.ts';
import { Statements, Where } from './statements.ts';

const columns = `${columnsOf(alert, 'a')}, l.json AS labelsJson`;
const lookColumns = `a.id AS id, a.effective_severity AS severity, a.annotations AS annotations,
  a.dedup_key AS dedupKey, a.comments AS comments, l.json AS labelsJson`;
const withLabels = 'CROSS JOIN labelset l ON l.tenant = a.tenant AND l.id = a.labelset';
/** Comments of one alert that are looked into. */
const commentsLookedAt = 200;

interface Looked {
  readonly id: Buffer;
  readonly severity: string;
  readonly annotations: string;
  readonly dedupKey: string | null;
  readonly comments: number | null;
  readonly labelsJson: string;
}

/** Where rows come from in order of their ids: all of a kind, or the index of open alerts. */
interface Source {
  readonly from: string;
  readonly condition: string;
}
const open: Source = {
  from: 'alert a INDEXED BY alert_open_id',
  condition: "a.kind = 'alert' AND a.state <> 'resolved'",
};
const kinds = ['alert', 'event'] as const;
const ofKind = (kind: (typeof kinds)[number]): Source => ({
  from: 'alert a',
  condition: `a.kind = '${kind}'`,
});

export class AlertSearch {
  readonly #statements: Statements;
  readonly #comments;

  constructor(db: Db) {
    this.#statements = new Statements(db.raw);
    this.#comments = db.raw
      .prepare<[string, Buffer], string>(
        `SELECT e.body FROM event e INDEXED BY event_subject
         WHERE e.tenant = ? AND e.subject_kind = 'alert' AND e.subject_id = ? AND e.kind = 'alert.commented'
         ORDER BY e.seq DESC LIMIT ${commentsLookedAt}`,
      )
      .pluck();
  }

  /** What there is before the id `before`; every scan looks at `look` rows at most. */
  scan(
    tenant: string,
    filter: AlertFilter,
    before: Buffer,
    limit: number,
    look: number,
  ): readonly Scan<StoredAlert>[] {
    const onlyOpen = filter.states?.length && !filter.states.includes('resolved');
    const sources =
      onlyOpen && filter.kind !== 'event'
        ? [open]
        : kinds.filter((kind) => filter.kind === undefined || filter.kind === kind).map(ofKind);
    return sources.map((source) => this.#scanSource(source, tenant, filter, before, limit, look));
  }

  #scanSource(
    source: Source,
    tenant: string,
    filter: AlertFilter,
    before: Buffer,
    limit: number,
    look: number,
  ): Scan<StoredAlert> {
    const wanted = conditions(filter);
    const tried = filter.matchers !== undefined || filter.words !== undefined;
    const floor =
      wanted.text === '' && !tried
        ? undefined
        : this.#statements.first<{ readonly id: Buffer }>(
            `SELECT a.id FROM ${source.from} WHERE a.tenant = ? AND ${source.condition} AND a.id < ?
             ORDER BY a.id DESC LIMIT 1 OFFSET ?+0`,
            [tenant, before, look],
          )?.id;
    const full = new Where().and(`a.tenant = ? AND ${source.condition} AND a.id < ?`, tenant, before);
    if (floor !== undefined) full.and('a.id >= ?', floor);
    if (wanted.text !== '') full.and(wanted.text, ...wanted.values);
    const select = (what: string, most: number) =>
      [
        `SELECT ${what} FROM ${source.from} ${withLabels} WHERE ${full.text} ORDER BY a.id DESC LIMIT ?+0`,
        [...full.values, most],
      ] as const;
    if (!tried) {
      const rows = this.#statements.all<StoredAlert>(...select(columns, limit + 1));
      return scanned(rows, limit, floor ?? null);
    }
    const found: StoredAlert[] = [];
    for (const row of this.#statements.all<Looked>(...select(lookColumns, look + 1))) {
      if (!this.#isFound(tenant, row, filter)) continue;
      found.push(this.#whole(source, tenant, row.id));
      if (found.length > limit) break;
    }
    return scanned(found, limit, floor ?? null);
  }

  #whole(source: Source, tenant: string, id: Buffer): StoredAlert {
    const text = `SELECT ${columns} FROM ${source.from} ${withLabels} WHERE a.tenant = ? AND ${source.condition} AND a.id = ?`;
    return this.#statements.first<StoredAlert>(text, [tenant, id])!;
  }

  #isFound(tenant: string, row: Looked, { matchers, words }: AlertFilter): boolean {
    const labels = labelsOfText(row.labelsJson);
    if (matchers !== undefined) {
      const effective = labels.severity === row.severity ? labels : { ...labels, severity: row.severity };
      if (!matchesAll(matchers, effective)) return false;
    }
    if (words === undefined) return true;
    const texts = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    texts.push(...Object.values(JSON.parse(row.annotations) as Record<string, string>));
    if (row.dedupKey !== null) texts.push(row.dedupKey);
    if (row.comments !== null)
      for (const body of this.#comments.all(tenant, row.id))
        texts.push((JSON.parse(body) as { text: string }).text);
    return hasWords(texts, words);
  }
}

/** What SQL can tell by columns. */
function conditions(filter: AlertFilter): Where {
  const where = new Where()
    .oneOf('a.state', filter.states)
    .oneOf('a.effective_severity', filter.severities)
    .oneOf('a.category', filter.categories);
  if (filter.rule !== undefined) where.and('a.rule = ?', filter.rule);
  if (filter.fingerprint !== undefined) where.and('a.fingerprint = ?', filter.fingerprint);
  if (filter.assignee !== undefined) where.and('a.assignee = ?', filter.assignee);
  if (filter.firedOnly === true) where.and('a.fired_at IS NOT NULL');
  if (filter.since !== undefined) where.and('a.fired_at >= ?', filter.since);
  if (filter.until !== undefined) where.and('a.fired_at < ?', filter.until);
  if (filter.during !== undefined)
    where.and(
      '(a.resolved_at IS NULL OR a.resolved_at >= ?) AND coalesce(a.pending_since, a.fired_at) <= ?',
      filter.during.from,
      filter.during.to,
    );
  if (filter.acknowledged !== undefined) {
    const { is, at } = filter.acknowledged;
    const held = '(a.acked_at IS NOT NULL AND (a.ack_until IS NULL OR a.ack_until > ?))';
    where.and(is ? held : `NOT ${held}`, at);
  }
  if (filter.snoozed !== undefined) {
    const { is, at } = filter.snoozed;
    const held = '(a.snoozed_until IS NOT NULL AND a.snoozed_until > ?)';
    where.and(is ? held : `NOT ${held}`, at);
  }
  return where;
}
