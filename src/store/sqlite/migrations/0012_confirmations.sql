-- Who said that a notification was seen, when, and through what.

-- One row for each recipient that confirmed; recipient = '': somebody who was none of them (the API). actor: as in events.
-- name: as whoever confirmed calls themselves. The first one stands in notification.confirmed_by and confirmed_at, too.
CREATE TABLE confirmation (
  tenant          TEXT NOT NULL,
  notification_id BLOB NOT NULL,
  recipient       TEXT NOT NULL,
  at              INTEGER NOT NULL,
  actor           TEXT NOT NULL,
  name            TEXT,
  via             TEXT NOT NULL,
  note            TEXT,
  PRIMARY KEY (tenant, notification_id, recipient)
) STRICT, WITHOUT ROWID;
