-- Of an alert about an unusual value: what was expected and how rare it is, as JSON; NULL: it is not about one.
ALTER TABLE alert ADD COLUMN finding TEXT;
