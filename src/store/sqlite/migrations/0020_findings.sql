-- Patterns that were found in alerts. One that is said anew is written again. `scope`, `alerts` and `figures` are JSON.
CREATE TABLE finding (
  tenant     TEXT NOT NULL,
  id         BLOB NOT NULL,
  pattern    TEXT NOT NULL,
  key        TEXT NOT NULL,
  from_at    INTEGER NOT NULL,
  to_at      INTEGER NOT NULL,
  found_at   INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  confidence REAL NOT NULL,
  scope      TEXT NOT NULL,
  alerts     TEXT NOT NULL,
  figures    TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX finding_age ON finding (updated_at);
CREATE INDEX finding_of ON finding (tenant, updated_at);
