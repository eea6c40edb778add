-- psql -v learners=10000 -f bench/seed.sql, on a database that the app has started on once.
-- Learner i is user<i> and has finished the first i % 25 grains: 0 to 24, 12 on average. Rows stand
-- in the order of completion, over 400 days, so that one learner's rows lie scattered over the table,
-- as they do in a table that grew. Keys and indexes are made again after the load, as they were before.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';
SET work_mem = '256MB';

BEGIN;
TRUNCATE users, progress, internal.sessions RESTART IDENTITY CASCADE;

CREATE TEMPORARY TABLE put_aside ON COMMIT DROP AS
SELECT 1 AS rank, format('ALTER TABLE progress DROP CONSTRAINT %I', conname) AS away,
       format('ALTER TABLE progress ADD CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)) AS back
FROM pg_constraint WHERE conrelid = 'progress'::regclass AND contype IN ('u', 'f')
UNION ALL
SELECT 2, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index
WHERE indrelid = 'progress'::regclass
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid);

DO $$
DECLARE act text;
BEGIN
    FOR act IN SELECT away FROM put_aside ORDER BY rank LOOP EXECUTE act; END LOOP;
END
$$;

INSERT INTO users (id, moodle_user_id, email)
SELECT md5('user' || i)::uuid, 'user' || i, 'user' || i || '@example.org'
FROM generate_series(1, :learners) AS i;

-- Each learner has a session that is open somewhere; nobody knows its id.
INSERT INTO internal.sessions (id_hash, user_id, data, expires_at)
SELECT sha256(moodle_user_id::bytea), id, jsonb_build_object('session', jsonb_build_object('learner', id)),
       now() + make_interval(days => 7, secs => hashtext(moodle_user_id) % 3600)
FROM users;

INSERT INTO progress (user_id, grain_id, module_id, sequence_id, completed_at)
SELECT users.id, grains.id, grains.module_id, grains.sequence_id,
       now() - interval '400 days' + make_interval(mins => (i * 7919 % 432000)::int + grains.position * 480)
FROM users, LATERAL (SELECT substr(moodle_user_id, 5)::bigint AS i) AS numbers, grains
WHERE retired_at IS NULL AND grains.position <= i % 25
ORDER BY 5;

DO $$
DECLARE act text;
BEGIN
    FOR act IN SELECT back FROM put_aside ORDER BY rank DESC LOOP EXECUTE act; END LOOP;
END
$$;
COMMIT;

VACUUM (ANALYZE) users, progress, internal.sessions;
SELECT (SELECT count(*) FROM users) AS learners, count(*) AS completions,
       pg_size_pretty(pg_table_size('progress')) AS heap, pg_size_pretty(pg_indexes_size('progress')) AS indexes
FROM progress;
