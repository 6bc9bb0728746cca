-- Channels that grant few calls.

-- Calls to providers that limits count, so that the limits go on over a restart.
-- Written before they are made: so many may have reached the provider by `at`.
CREATE TABLE provider_call (
  tenant  TEXT NOT NULL,
  channel TEXT NOT NULL,
  at      INTEGER NOT NULL,
  calls   INTEGER NOT NULL
) STRICT;
CREATE INDEX provider_call_age ON provider_call (channel, at);

-- A message in whose place a newer one went was not heard either.
DROP INDEX delivery_lost;
CREATE INDEX delivery_lost ON delivery (tenant, id)
  WHERE state = 'dead' OR (state = 'dropped' AND reason IN ('discarded', 'superseded'));
