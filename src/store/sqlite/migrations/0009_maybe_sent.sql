-- maybe = 1: nobody knows how an attempt ended, so that somebody may have the message although the delivery is dead.
ALTER TABLE delivery ADD COLUMN maybe INTEGER;
