-- The first shape of the state database. Ids are UUIDv7 in 16 bytes, times epoch milliseconds, JSON is text.
-- Tables that take a row per alert keep their rowid: rows arrive in order, and retention walks them in that order,
-- so they need no index by age. Small keyed tables are WITHOUT ROWID.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenant (
  id         TEXT PRIMARY KEY,
  shard      INTEGER NOT NULL,
  name       TEXT NOT NULL,
  settings   TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE shard (
  id          INTEGER PRIMARY KEY,
  owner       TEXT,
  epoch       INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER,
  next_seq    INTEGER NOT NULL DEFAULT 1
) STRICT;

INSERT INTO shard (id)
WITH RECURSIVE n(id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM n WHERE id < 63) SELECT id FROM n;

CREATE TABLE api_key (
  id           BLOB NOT NULL PRIMARY KEY,
  digest       BLOB NOT NULL UNIQUE,
  tenant       TEXT NOT NULL,
  name         TEXT NOT NULL,
  role         TEXT NOT NULL,
  scopes       TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  revoked_at   INTEGER,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  tenant     TEXT NOT NULL,
  scope      TEXT NOT NULL,
  key        TEXT NOT NULL,
  body_hash  TEXT NOT NULL,
  status     INTEGER NOT NULL,
  answer     TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, scope, key)
) STRICT;
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

-- seen_at: when an alert last began with these labels, to the day.
CREATE TABLE labelset (
  tenant  TEXT NOT NULL,
  id      BLOB NOT NULL,
  json    TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE config_version (
  tenant   TEXT NOT NULL,
  kind     TEXT NOT NULL,
  name     TEXT NOT NULL,
  hash     TEXT NOT NULL,
  origin   TEXT NOT NULL,
  body     TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind, name, hash)
) STRICT;

-- `kind` stands in the key so that lists of alerts and lists of events each page through one index; two seeks find a row.
CREATE TABLE alert (
  tenant             TEXT NOT NULL,
  id                 BLOB NOT NULL,
  kind               TEXT NOT NULL,
  key                TEXT NOT NULL,
  source             TEXT NOT NULL,
  rule               TEXT,
  rule_hash          TEXT,
  labelset           BLOB NOT NULL,
  fingerprint        TEXT NOT NULL,
  state              TEXT NOT NULL,
  severity           TEXT NOT NULL,
  effective_severity TEXT NOT NULL,
  priority           TEXT NOT NULL,
  category           TEXT NOT NULL,
  value              REAL,
  annotations        TEXT NOT NULL,
  dedup_key          TEXT,
  pending_since      INTEGER,
  fired_at           INTEGER,
  keep_until         INTEGER,
  last_sample_at     INTEGER,
  ends_at            INTEGER,
  resolved_at        INTEGER,
  resolve_reason     TEXT,
  acked_by           TEXT,
  acked_at           INTEGER,
  ack_until          INTEGER,
  next_at            INTEGER,
  version            INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind, id)
) STRICT;
CREATE UNIQUE INDEX alert_open ON alert (tenant, key) WHERE kind = 'alert' AND state <> 'resolved';
CREATE INDEX alert_waiting ON alert (tenant, next_at) WHERE next_at IS NOT NULL;

CREATE TABLE alert_group (
  tenant       TEXT NOT NULL,
  id           BLOB NOT NULL,
  receiver     TEXT NOT NULL,
  route        TEXT NOT NULL,
  group_key    TEXT NOT NULL,
  labels       TEXT NOT NULL,
  opened_at    INTEGER NOT NULL,
  next_at      INTEGER,
  next_reason  TEXT,
  last_sent_at INTEGER,
  last_reason  TEXT,
  notified     TEXT NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, group_key)
) STRICT;

-- The only log. subject_id and correlation_id are 16 bytes when they are ids, text when they are names.
CREATE TABLE event (
  shard          INTEGER NOT NULL,
  seq            INTEGER NOT NULL,
  id             BLOB NOT NULL,
  tenant         TEXT NOT NULL,
  at             INTEGER NOT NULL,
  subject_kind   TEXT NOT NULL,
  subject_id     ANY NOT NULL,
  kind           TEXT NOT NULL,
  reason         TEXT,
  actor          TEXT,
  topic          TEXT,
  priority       TEXT,
  correlation_id ANY,
  keep           INTEGER NOT NULL,
  expires_at     INTEGER NOT NULL,
  prev_hash      BLOB,
  hash           BLOB,
  body           TEXT NOT NULL,
  PRIMARY KEY (shard, seq)
) STRICT;
CREATE INDEX event_subject ON event (tenant, subject_kind, subject_id, seq);
CREATE INDEX event_age ON event (keep, at);
CREATE INDEX event_audit ON event (tenant, seq) WHERE keep = 2;

-- An audit event is never changed; it goes only as part of the oldest end of its chain (retention).
CREATE TRIGGER event_audit_is_final BEFORE UPDATE ON event WHEN old.keep = 2
BEGIN SELECT raise(ABORT, 'an audit event cannot be changed'); END;
CREATE TRIGGER event_audit_goes_from_its_end BEFORE DELETE ON event
WHEN old.keep = 2 AND EXISTS (SELECT 1 FROM event WHERE tenant = old.tenant AND keep = 2 AND seq < old.seq)
BEGIN SELECT raise(ABORT, 'an audit event cannot be deleted before older ones'); END;

-- alert_ids: {alert id: firing | resolved | event}
CREATE TABLE notification (
  tenant         TEXT NOT NULL,
  id             BLOB NOT NULL,
  source         TEXT NOT NULL,
  kind           TEXT NOT NULL,
  group_id       BLOB,
  receiver       TEXT,
  template       TEXT,
  reason         TEXT NOT NULL,
  alert_ids      TEXT NOT NULL,
  severity       TEXT NOT NULL,
  priority       TEXT NOT NULL,
  locale         TEXT NOT NULL,
  step           INTEGER,
  next_at        INTEGER,
  send_at        INTEGER,
  expires_at     INTEGER NOT NULL,
  status         TEXT NOT NULL,
  drop_reason    TEXT,
  confirmed_by   TEXT,
  confirmed_at   INTEGER,
  correlation_id ANY,
  traceparent    TEXT,
  body           TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX notification_group ON notification (tenant, group_id, id);

-- held = 1: an earlier delivery of the same order key is open. The store keeps it, so that what may be sent next is
-- the head of delivery_due and not behind everything that waits for its turn.
CREATE TABLE delivery (
  tenant          TEXT NOT NULL,
  id              BLOB NOT NULL,
  notification_id BLOB NOT NULL,
  recipient       TEXT NOT NULL,
  channel         TEXT NOT NULL,
  provider        TEXT NOT NULL,
  lane            TEXT NOT NULL,
  due_at          INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL,
  order_key       TEXT NOT NULL,
  order_no        INTEGER NOT NULL,
  held            INTEGER NOT NULL DEFAULT 0,
  state           TEXT NOT NULL,
  reason          TEXT,
  attempts        INTEGER NOT NULL,
  provider_id     TEXT,
  last_error      TEXT,
  lease_owner     TEXT,
  lease_token     INTEGER NOT NULL,
  lease_until     INTEGER,
  created_at      INTEGER NOT NULL,
  finished_at     INTEGER,
  PRIMARY KEY (tenant, id)
) STRICT;
-- lease_until is set only while a delivery is being sent, so the expression is when it may be taken (again).
CREATE INDEX delivery_due ON delivery (lane, coalesce(lease_until, due_at), tenant, channel)
  WHERE held = 0 AND state IN ('queued', 'sending');
CREATE INDEX delivery_open ON delivery (tenant, order_key, order_no) WHERE state IN ('queued', 'sending');
CREATE INDEX delivery_dead ON delivery (tenant, id) WHERE state = 'dead';
CREATE INDEX delivery_notification ON delivery (tenant, notification_id);
