-- The guard has its own search path again.

CREATE OR REPLACE FUNCTION internal.refuse_when_read_only() RETURNS trigger
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
