-- Alerts and heartbeats from outside.

-- One row for each heartbeat that is expected. last_at: when it came last; failed = 1: and said that its job failed.
CREATE TABLE heartbeat (
  tenant  TEXT NOT NULL,
  name    TEXT NOT NULL,
  since   INTEGER NOT NULL,
  last_at INTEGER,
  failed  INTEGER NOT NULL,
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

-- Episodes of alerts from outside that a person ended: their sender may go on telling of them.
CREATE INDEX alert_dismissed ON alert (tenant, id)
  WHERE kind = 'alert' AND source <> 'rule' AND resolve_reason = 'manual';
