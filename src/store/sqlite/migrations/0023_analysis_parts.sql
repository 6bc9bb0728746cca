-- What the analyses know lies apart from how far they have read: the one is megabytes, the other changes with every commit of
-- theirs, and a row is written as a whole. As with the forecasts, pieces of two generations lie side by side, and the row
-- that says which of them counts is written last.
CREATE TABLE analysis_part (
  tenant     TEXT NOT NULL,
  generation INTEGER NOT NULL,
  part       INTEGER NOT NULL,
  body       TEXT NOT NULL,
  PRIMARY KEY (tenant, generation, part)
) STRICT;
INSERT INTO analysis_part (tenant, generation, part, body)
  SELECT tenant, 0, 0, '[{"at":[],"value":' || state || '}]' FROM analysis;
CREATE TABLE analysis_read (
  tenant       TEXT NOT NULL PRIMARY KEY,
  cursor       INTEGER NOT NULL,
  saved_cursor INTEGER NOT NULL,
  saved_at     INTEGER NOT NULL,
  generation   INTEGER NOT NULL,
  parts        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO analysis_read (tenant, cursor, saved_cursor, saved_at, generation, parts)
  SELECT tenant, cursor, saved_cursor, saved_at, 0, 1 FROM analysis;
DROP TABLE analysis;
ALTER TABLE analysis_read RENAME TO analysis;
