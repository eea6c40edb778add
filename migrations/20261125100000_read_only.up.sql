-- Read-only mode: the data stay as they are while they move to another server. The database itself
-- refuses, so that every instance, Directus and a console are held alike.

CREATE TABLE internal.read_only (
    one_row    boolean     PRIMARY KEY DEFAULT true CONSTRAINT read_only_is_one_row CHECK (one_row),
    is_on      boolean     NOT NULL,
    changed_at timestamptz NOT NULL
);
COMMENT ON TABLE internal.read_only IS 'Whether the data stay as they are, while they move to another server; no row: they may change.';

-- An advisory lock rather than one on the row: whoever waits for it alone is served before those
-- who come later and want to share it, so that a busy site cannot keep the switch waiting.
CREATE FUNCTION internal.set_read_only(wanted boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(8243101776965692537);
    INSERT INTO internal.read_only AS switch (is_on, changed_at) VALUES (wanted, now())
    ON CONFLICT (one_row) DO UPDATE SET is_on = excluded.is_on, changed_at = excluded.changed_at
    WHERE switch.is_on <> excluded.is_on;
END
$$;
COMMENT ON FUNCTION internal.set_read_only(boolean) IS 'Turns the switch; waits for the changes under way, which are committed or rolled back when it returns.';

CREATE FUNCTION internal.refuse_when_read_only() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    -- Shared until the end of the transaction; the query after it sees what was committed by then.
    PERFORM pg_advisory_xact_lock_shared(8243101776965692537);
    IF EXISTS (SELECT FROM internal.read_only WHERE is_on)
        AND current_setting('mini_site.is_migrating', true) IS DISTINCT FROM 'on' THEN
        RAISE read_only_sql_transaction
            USING MESSAGE = 'read-only mode: the data are being moved to another server',
                  HINT = 'It ends with: mini-site read-only off';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION internal.refuse_when_read_only() IS 'Refuses a statement in read-only mode; runs as its owner, since Directus has no right on this schema.';

-- Not guarded: the course, which each start copies from the program; sessions, logins and used
-- tokens, so that the course still opens for reading; the outbox, which only waits. At depth 0 only:
-- a completion follows a grain that moves.
DO $$
DECLARE
    guarded regclass;
BEGIN
    FOREACH guarded IN ARRAY ARRAY[
        'users', 'progress', 'lti_platforms', 'lti_deployments', 'lti_contexts', 'lti_resource_links',
        'lti_memberships', 'internal.lti_keys', 'internal.lti_invites'
    ]::regclass[] LOOP
        EXECUTE format(
            'CREATE TRIGGER refuse_when_read_only BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
                 FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
                 EXECUTE FUNCTION internal.refuse_when_read_only()',
            guarded);
    END LOOP;
END
$$;
