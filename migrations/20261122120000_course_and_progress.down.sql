-- Takes everything away, completions too: for tests and for a database made by mistake.
-- What other extensions or Directus put into these schemas stays.

DROP TABLE internal.sessions;
DROP TABLE progress;
DROP TABLE users;
DROP FUNCTION internal.touch_updated_at();
DROP TABLE grains;
DROP TABLE sequences;
DROP TABLE modules;
DROP SCHEMA internal;
