-- What people configure through the API, by kind; what files say is in the files. `body` is the document as it was written,
-- JSON. A deleted object stays with its versions until the audit would forget it, too.
CREATE TABLE config_object (
  tenant     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  id         BLOB NOT NULL,
  name       TEXT NOT NULL,
  version    INTEGER NOT NULL,
  body       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT,
  updated_at INTEGER NOT NULL,
  updated_by TEXT,
  deleted_at INTEGER,
  PRIMARY KEY (tenant, kind, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX config_object_name ON config_object (tenant, kind, name) WHERE deleted_at IS NULL;
CREATE INDEX config_object_deleted ON config_object (deleted_at) WHERE deleted_at IS NOT NULL;

-- One row for each change: what the object was from then on (of a deletion: what it was last).
CREATE TABLE config_object_version (
  tenant  TEXT NOT NULL,
  kind    TEXT NOT NULL,
  id      BLOB NOT NULL,
  version INTEGER NOT NULL,
  action  TEXT NOT NULL,
  name    TEXT NOT NULL,
  body    TEXT NOT NULL,
  at      INTEGER NOT NULL,
  actor   TEXT,
  PRIMARY KEY (tenant, kind, id, version)
) STRICT, WITHOUT ROWID;
