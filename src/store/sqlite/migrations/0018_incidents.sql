-- Incidents. `services` is JSON: the places that it reached. `body` is JSON: what the analysis knows of it. An incident
-- that became part of another one stays as a row that names it.
CREATE TABLE incident (
  tenant       TEXT NOT NULL,
  id           BLOB NOT NULL,
  state        TEXT NOT NULL,
  title        TEXT NOT NULL,
  severity     TEXT NOT NULL,
  opened_at    INTEGER NOT NULL,
  last_at      INTEGER NOT NULL,
  ended_at     INTEGER,
  closed_at    INTEGER,
  close_reason TEXT,
  merged_into  BLOB,
  alerts       INTEGER NOT NULL,
  services     TEXT NOT NULL,
  held         INTEGER NOT NULL,
  body         TEXT NOT NULL,
  version      INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_over ON incident (last_at) WHERE state <> 'open';

-- Which incident an alert is in. `why` is JSON: what spoke for it; NULL: it opened the incident.
CREATE TABLE incident_alert (
  tenant   TEXT NOT NULL,
  alert    BLOB NOT NULL,
  incident BLOB NOT NULL,
  at       INTEGER NOT NULL,
  why      TEXT,
  PRIMARY KEY (tenant, alert)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_alert_of ON incident_alert (tenant, incident, alert);
CREATE INDEX incident_alert_age ON incident_alert (at);

-- How far the analyses of a tenant have read the log (`cursor`), and what they knew at `saved_cursor`, as JSON.
CREATE TABLE analysis (
  tenant       TEXT NOT NULL PRIMARY KEY,
  cursor       INTEGER NOT NULL,
  saved_cursor INTEGER NOT NULL,
  saved_at     INTEGER NOT NULL,
  state        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
