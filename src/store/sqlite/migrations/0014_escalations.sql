-- How far the escalation of a group's notification has come, as JSON; NULL: nothing is to be escalated.
ALTER TABLE alert_group ADD COLUMN escalation TEXT;
-- An alert that nobody ended in time: the severity that it was given for that, and since when it has the one it has.
ALTER TABLE alert ADD COLUMN promoted TEXT;
ALTER TABLE alert ADD COLUMN severity_since INTEGER;
