-- Silences. `matchers` is JSON: [{name, op, value}]. closed = 1: the end was recorded, the row is history. `held` counts
-- how often it began to hold an alert back, or dropped an event. `recurs` is JSON: when it holds, by the calendar.
CREATE TABLE silence (
  tenant      TEXT NOT NULL,
  id          BLOB NOT NULL,
  matchers    TEXT NOT NULL,
  starts_at   INTEGER NOT NULL,
  ends_at     INTEGER NOT NULL,
  recurs      TEXT,
  comment     TEXT NOT NULL,
  created_by  TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_by  TEXT NOT NULL,
  updated_at  INTEGER NOT NULL,
  reminded_at INTEGER,
  held        INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  closed      INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX silence_open ON silence (tenant) WHERE closed = 0;
CREATE INDEX silence_over ON silence (ends_at) WHERE closed = 1;
