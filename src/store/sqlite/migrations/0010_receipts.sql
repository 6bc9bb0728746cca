-- What providers say later of messages that they took.

-- receipts: statuses that were written down, 1 delivered + 2 failed. answer: the last key that somebody pressed.
ALTER TABLE delivery ADD COLUMN receipts INTEGER;
ALTER TABLE delivery ADD COLUMN answer TEXT;

-- A receipt names the message by the provider's id alone.
CREATE INDEX delivery_provider ON delivery (channel, provider_id) WHERE provider_id IS NOT NULL;
