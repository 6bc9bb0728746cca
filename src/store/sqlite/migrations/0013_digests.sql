-- A group that is a digest: when the first that waits in it came, and when it goes out.
ALTER TABLE alert_group ADD COLUMN collect_since INTEGER;
ALTER TABLE alert_group ADD COLUMN collect_until INTEGER;
