//! The SQL of dumps and comparisons, and all of it.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgConnection};

use super::TableFacts;

/// What has to be known of a server before anything is done with it.
#[derive(Clone, Debug)]
pub struct Server {
    /// Major version, such as 15.
    pub major: u32,
    /// Name of the database.
    pub database: String,
    /// Its encoding, such as UTF8.
    pub encoding: String,
    /// Whether this account may make schemas there, and tables in `public`.
    pub can_create: bool,
}

/// A table and the question that counts and sums its rows.
#[derive(Clone, Debug)]
pub struct Table {
    /// Such as `public.users`.
    pub name: String,
    question: String,
}

/// Version, name, encoding and rights.
///
/// # Errors
/// Those of the database.
pub async fn find_server(conn: &mut PgConnection) -> sqlx::Result<Server> {
    let row = sqlx::query!(
        r#"
        SELECT current_setting('server_version_num')::integer / 10000 AS "major!",
               current_database()::text AS "database!", current_setting('server_encoding') AS "encoding!",
               has_database_privilege(current_database(), 'CREATE')
                   AND has_schema_privilege('public', 'CREATE') AS "can_create!"
        "#
    )
    .fetch_one(conn)
    .await?;
    Ok(Server {
        major: u32::try_from(row.major).unwrap_or_default(),
        database: row.database,
        encoding: row.encoding,
        can_create: row.can_create,
    })
}

/// Some of what a database holds, extensions left out; nothing when it is empty.
///
/// # Errors
/// Those of the database.
pub async fn list_contents(conn: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        WITH own AS (
            SELECT oid, nspname FROM pg_namespace
            WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
        ), found (class, id, name) AS (
            SELECT 'pg_class'::regclass, pg_class.oid, nspname || '.' || relname
            FROM pg_class JOIN own ON own.oid = relnamespace WHERE relkind NOT IN ('i', 'I')
            UNION ALL
            SELECT 'pg_proc'::regclass, pg_proc.oid, nspname || '.' || proname || '()'
            FROM pg_proc JOIN own ON own.oid = pronamespace
            UNION ALL
            SELECT 'pg_namespace'::regclass, oid, 'the schema ' || nspname FROM own WHERE nspname = ANY ($1)
        )
        SELECT name AS "name!" FROM found
        WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = class AND objid = id AND deptype = 'e')
        ORDER BY name LIMIT 5
        "#,
        &["internal".to_owned()],
    )
    .fetch_all(conn)
    .await
}

/// Makes this transaction see one moment, in words that are the same on every server, and names
/// the moment for others.
///
/// # Errors
/// Those of the database.
pub async fn begin_snapshot(conn: &mut PgConnection) -> sqlx::Result<String> {
    sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .execute(&mut *conn)
        .await?;
    sqlx::query_scalar!(
        r#"
        SELECT CASE WHEN count(set_config(name, value, true)) > 0 THEN pg_export_snapshot() END AS "snapshot!"
        FROM (VALUES ('search_path', ''), ('TimeZone', 'UTC'), ('DateStyle', 'ISO, YMD'),
                     ('IntervalStyle', 'postgres'), ('bytea_output', 'hex'), ('extra_float_digits', '1'),
                     ('statement_timeout', '0'), ('idle_in_transaction_session_timeout', '0')
        ) AS setting (name, value)
        "#
    )
    .fetch_one(conn)
    .await
}

/// The tables of these schemas.
///
/// # Errors
/// Those of the database.
pub async fn list_tables(conn: &mut PgConnection, schemas: &[&str]) -> sqlx::Result<Vec<Table>> {
    sqlx::query_as!(
        Table,
        r#"
        SELECT format('%s.%s', nspname, relname) AS "name!",
               format('SELECT count(*), coalesce(sum(hashtextextended(ROW(%s)::text, 0)), 0)::text FROM %I.%I AS row',
                      string_agg(format('row.%I', attname), ', ' ORDER BY attname), nspname, relname) AS "question!"
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
        WHERE nspname = ANY ($1) AND relkind = 'r' AND NOT EXISTS (
            SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
        GROUP BY nspname, relname ORDER BY 1
        "#,
        schemas as &[&str],
    )
    .fetch_all(conn)
    .await
}

/// Counts and sums the rows of a table.
///
/// # Errors
/// Those of the database.
pub async fn find_table_facts(conn: &mut PgConnection, table: &Table) -> sqlx::Result<TableFacts> {
    // Its names were quoted by the database itself.
    let question = AssertSqlSafe(table.question.clone());
    let (rows, checksum) = sqlx::query_as(question).fetch_one(conn).await?;
    Ok(TableFacts { rows, checksum })
}

/// The last value of each sequence of these schemas; 0 when it gave none yet.
///
/// # Errors
/// Those of the database.
pub async fn list_sequences(
    conn: &mut PgConnection,
    schemas: &[&str],
) -> sqlx::Result<BTreeMap<String, i64>> {
    let rows = sqlx::query!(
        r#"
        SELECT format('%s.%s', schemaname, sequencename) AS "name!", coalesce(last_value, 0) AS "value!"
        FROM pg_sequences WHERE schemaname = ANY ($1)
        "#,
        schemas as &[&str],
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.value)).collect())
}

/// Columns, constraints, indexes, triggers and functions of these schemas, by kind and name.
///
/// # Errors
/// Those of the database.
pub async fn list_structure(
    conn: &mut PgConnection,
    schemas: &[&str],
) -> sqlx::Result<BTreeMap<String, String>> {
    let rows = sqlx::query!(
        r#"
        WITH own AS (
            SELECT pg_class.oid, nspname || '.' || relname AS name, relkind
            FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = ANY ($1) AND NOT EXISTS (
                SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
        )
        SELECT 'column ' || own.name || '.' || attname AS "name!",
               concat_ws(' ', format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'NOT NULL' END,
                         attidentity, attgenerated, pg_get_expr(adbin, adrelid)) AS "definition!"
        FROM own JOIN pg_attribute ON attrelid = own.oid AND attnum > 0 AND NOT attisdropped
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relkind = 'r'
        -- From PostgreSQL 18 on NOT NULL is a constraint as well; it stands with its column.
        UNION ALL SELECT 'constraint ' || own.name || '.' || conname, pg_get_constraintdef(pg_constraint.oid)
        FROM own JOIN pg_constraint ON conrelid = own.oid AND contype <> 'n'
        UNION ALL SELECT 'index ' || own.name, pg_get_indexdef(oid) FROM own WHERE relkind = 'i'
        UNION ALL SELECT 'trigger ' || own.name || '.' || tgname, pg_get_triggerdef(pg_trigger.oid)
        FROM own JOIN pg_trigger ON tgrelid = own.oid AND NOT tgisinternal
        UNION ALL SELECT 'function ' || nspname || '.' || proname || '(' || pg_get_function_identity_arguments(pg_proc.oid) || ')',
                         pg_get_functiondef(pg_proc.oid)
        FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
        WHERE nspname = ANY ($1) AND prokind IN ('f', 'p') AND NOT EXISTS (
            SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
        "#,
        schemas as &[&str],
    )
    .fetch_all(conn)
    .await?;
    let rows = rows.into_iter().map(|row| (row.name, row.definition));
    Ok(rows.collect())
}

/// Drops what a dump brought into a database that held nothing: whole schemas, and in `public` all
/// that belongs to no extension.
///
/// # Errors
/// Those of the database, when nothing was dropped.
pub async fn drop_restored(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DO $$
        DECLARE
            statement text;
        BEGIN
            DROP SCHEMA IF EXISTS internal, directus CASCADE;
            FOR statement IN
                SELECT format('DROP TABLE IF EXISTS public.%I CASCADE', relname) FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT EXISTS (
                    SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
                UNION ALL
                SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', pg_proc.oid::regprocedure) FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (
                    SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
            LOOP
                EXECUTE statement;
            END LOOP;
        END
        $$
        "#
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gathers the planner's statistics of the whole database.
///
/// # Errors
/// Those of the database.
pub async fn analyze(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("ANALYZE").execute(conn).await?;
    Ok(())
}
