-- Decisions not to notify, counted by their reason. Only those events pay for it.
CREATE INDEX event_held_back ON event (tenant, at, kind, reason)
  WHERE kind IN ('notify.skipped', 'notify.held', 'notify.suppressed');
