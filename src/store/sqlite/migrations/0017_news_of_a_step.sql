-- A step of an escalation may be news to one of its recipients and not to another: alerts that each of them has not heard
-- of, as JSON by recipient; NULL: all that stands in the message has been said to everybody before.
ALTER TABLE notification ADD COLUMN new_to TEXT;
