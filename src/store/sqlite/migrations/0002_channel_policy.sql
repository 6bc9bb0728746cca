-- What policy knows of a channel, and of a message that may be what kills the process or is too large for its receiver.

-- state open: the channel is paused and tried again at probe_at. Failures below the threshold are not stored.
CREATE TABLE breaker (
  tenant     TEXT NOT NULL,
  channel    TEXT NOT NULL,
  state      TEXT NOT NULL,
  reason     TEXT,
  failures   INTEGER NOT NULL,
  opened_at  INTEGER NOT NULL,
  probe_at   INTEGER NOT NULL,
  wait_ms    INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, channel)
) STRICT, WITHOUT ROWID;

-- crashes: times that a process died while it held the lease. shorter = 1: the next attempt says less.
ALTER TABLE delivery ADD COLUMN crashes INTEGER;
ALTER TABLE delivery ADD COLUMN shorter INTEGER;

-- What waits for a paused channel; made due when the channel works again.
CREATE INDEX delivery_parked ON delivery (tenant, channel, id) WHERE state = 'queued' AND reason = 'breaker_open';
-- What never got through, also when it was put away since: its resolve is not sent either.
CREATE INDEX delivery_lost ON delivery (tenant, id)
  WHERE state = 'dead' OR (state = 'dropped' AND reason = 'discarded');
