-- Incidents come with a change of their own; this keeps the numbers together until then.
SELECT 1;
