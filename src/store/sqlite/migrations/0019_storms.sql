-- Storms. One row for each tenant: the storm that lasts, or the last one. hot_at: when something came last that was too much
-- for calm; count: what came; summed, alone, summaries: how that was told; kinds: how many of each, as JSON.
CREATE TABLE storm (
  tenant     TEXT PRIMARY KEY,
  id         BLOB NOT NULL,
  started_at INTEGER NOT NULL,
  hot_at     INTEGER NOT NULL,
  ended_at   INTEGER,
  count      INTEGER NOT NULL,
  summed     INTEGER NOT NULL,
  alone      INTEGER NOT NULL,
  summaries  INTEGER NOT NULL,
  kinds      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Kinds of alerts and events that were seen, about when, and the alert that was the first of each.
CREATE TABLE seen_kind (
  tenant  TEXT NOT NULL,
  name    TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  first   BLOB NOT NULL,
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;
