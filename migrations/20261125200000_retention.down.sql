-- Forgets when learners came last; completions and launches still tell it for most of them.

DROP FUNCTION internal.list_inactive_learners(timestamptz, timestamptz);
DROP TABLE internal.retention;
DROP TABLE internal.last_visits;
