-- Alerts that are said to come, stored before they do, and what became of it. `labels` and `figures` are JSON; `alert` is
-- the one with which it was said, `series` what fills up; `outcome` the alert that made it come true. `record` and `score`:
-- by what its confidence was found.
CREATE TABLE prediction (
  tenant     TEXT NOT NULL,
  id         BLOB NOT NULL,
  model      TEXT NOT NULL,
  record     TEXT NOT NULL,
  key        TEXT NOT NULL,
  matches    TEXT NOT NULL,
  labels     TEXT NOT NULL,
  made_at    INTEGER NOT NULL,
  stored_at  INTEGER NOT NULL,
  from_at    INTEGER NOT NULL,
  to_at      INTEGER NOT NULL,
  confidence REAL NOT NULL,
  score      REAL NOT NULL,
  figures    TEXT NOT NULL,
  alert      BLOB,
  series     TEXT,
  state      TEXT NOT NULL,
  scored_at  INTEGER,
  outcome    BLOB,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX prediction_age ON prediction (made_at) WHERE state <> 'open';
CREATE INDEX prediction_count ON prediction (tenant, made_at);
-- All that is asked for, so that a page reads the wide rows of its own predictions alone.
CREATE INDEX prediction_page ON prediction (tenant, id, model, state, confidence, from_at, to_at);
CREATE INDEX prediction_open ON prediction (tenant, id, model, state, confidence, from_at, to_at) WHERE state = 'open';
CREATE INDEX prediction_record ON prediction (tenant, model, state, confidence);
CREATE INDEX prediction_outcome ON prediction (tenant, outcome) WHERE outcome IS NOT NULL;
CREATE INDEX prediction_alert ON prediction (tenant, alert) WHERE alert IS NOT NULL;

-- What the forecast of a tenant knew when the log was read up to `cursor`: the parts of that generation, as JSON.
CREATE TABLE forecast (
  tenant     TEXT NOT NULL PRIMARY KEY,
  cursor     INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  parts      INTEGER NOT NULL,
  saved_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE forecast_part (
  tenant     TEXT NOT NULL,
  generation INTEGER NOT NULL,
  part       INTEGER NOT NULL,
  body       TEXT NOT NULL,
  PRIMARY KEY (tenant, generation, part)
) STRICT;
