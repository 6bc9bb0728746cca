-- A message that was confirmed while it waited was not heard on that way: its end is not said there either.
DROP INDEX delivery_lost;
CREATE INDEX delivery_lost ON delivery (tenant, id)
  WHERE state = 'dead' OR (state = 'dropped' AND reason IN ('discarded', 'superseded', 'confirmed'));
