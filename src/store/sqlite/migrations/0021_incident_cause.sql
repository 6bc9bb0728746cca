-- What broke, as far as it is known. `cause` is JSON: the verdict and the hypotheses with their evidence, as of `cause_at`;
-- NULL: nobody looked for it yet, or no alert of the incident names a service.
ALTER TABLE incident ADD COLUMN cause TEXT;
ALTER TABLE incident ADD COLUMN cause_at INTEGER;
