-- What is due is looked for by lane, tenant and channel: with the time before them, a full channel for which a hundred thousand
-- wait was walked through entry by entry, 30 ms each time, for whatever may be due on another.
DROP INDEX delivery_due;
CREATE INDEX delivery_due ON delivery (lane, tenant, channel, coalesce(lease_until, due_at))
  WHERE held = 0 AND state IN ('queued', 'sending');
