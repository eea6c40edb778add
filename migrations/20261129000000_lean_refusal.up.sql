-- The guard of read-only mode is asked before each change, so it is made lean: a search path of its
-- own, set and taken back, was a fifth of what it costs. In its place every name and operator says its
-- schema, so that the path of whoever writes leads nowhere else.

CREATE OR REPLACE FUNCTION internal.refuse_when_read_only() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    -- Shared until the end of the transaction; the query after it sees what was committed by then.
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(8243101776965692537);
    IF EXISTS (SELECT FROM internal.read_only WHERE is_on)
        AND coalesce(pg_catalog.current_setting('mini_site.is_migrating', true), '') OPERATOR(pg_catalog.<>) 'on' THEN
        RAISE read_only_sql_transaction
            USING MESSAGE = 'read-only mode: the data are being moved to another server',
                  HINT = 'It ends with: mini-site read-only off';
    END IF;
    RETURN NULL;
END
$$;
