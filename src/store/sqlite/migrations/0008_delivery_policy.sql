-- How a notification is brought home, and that somebody else was called because nobody took it.

-- strategy: its name; require_all = 1: every channel has to take it. emergency_at: the emergency receiver was called.
ALTER TABLE notification ADD COLUMN strategy TEXT;
ALTER TABLE notification ADD COLUMN require_all INTEGER;
ALTER TABLE notification ADD COLUMN emergency_at INTEGER;
