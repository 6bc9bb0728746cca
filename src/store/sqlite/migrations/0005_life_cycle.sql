-- What people do with alerts. `snoozed_until` may be past: that snooze has ended. `comments` counts them; they are events.
ALTER TABLE alert ADD COLUMN snoozed_until INTEGER;
ALTER TABLE alert ADD COLUMN snoozed_by TEXT;
ALTER TABLE alert ADD COLUMN assignee TEXT;
ALTER TABLE alert ADD COLUMN comments INTEGER;

-- Pages of what is open go through this one, newest first; alert_open finds the one open episode of a key.
CREATE INDEX alert_open_id ON alert (tenant, id) WHERE kind = 'alert' AND state <> 'resolved';
