//! The rules that Directus imposes on each table that it shows, read from PostgreSQL's own catalogue.

use sqlx::PgPool;

use super::SHOWN;

/// A rule, and the query that lists what breaks it.
const RULES: [(&str, &str); 10] = [
    (
        "ordinary tables alone: no view, no partition, no foreign table",
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
         AND relkind IN ('v', 'm', 'p', 'f')",
    ),
    (
        "a primary key of one column",
        "SELECT tables.relname::text FROM tables WHERE NOT EXISTS (
             SELECT FROM pg_constraint WHERE conrelid = tables.oid AND contype = 'p' AND cardinality(conkey) = 1)",
    ),
    (
        "names in small letters, without the prefix of Directus's own",
        "SELECT relname::text FROM tables WHERE relname !~ '^[a-z_]+$' OR relname LIKE 'directus%'",
    ),
    (
        "types that it knows; times with their zone",
        "SELECT name FROM columns WHERE type NOT IN
         ('uuid', 'text', 'integer', 'bigint', 'numeric', 'boolean', 'date', 'jsonb', 'timestamp with time zone')",
    ),
    (
        "a key that the database gives is an identity or a random uuid",
        "SELECT columns.name FROM columns JOIN pg_constraint ON conrelid = columns.oid AND contype = 'p' AND conkey = ARRAY[attnum]
         WHERE NOT (type = 'text' OR (type = 'bigint' AND attidentity = 'a') OR (type = 'uuid' AND fallback = 'gen_random_uuid()'))",
    ),
    (
        "a uuid that is no key of its own table is a foreign key",
        "SELECT columns.name FROM columns WHERE type = 'uuid' AND NOT EXISTS (
             SELECT FROM pg_constraint WHERE conrelid = columns.oid AND contype IN ('p', 'f') AND conkey = ARRAY[attnum])",
    ),
    (
        "a foreign key of several columns comes on top of one for each",
        "SELECT columns.name FROM columns JOIN pg_constraint AS several
             ON several.conrelid = columns.oid AND several.contype = 'f' AND cardinality(several.conkey) > 1 AND attnum = ANY (several.conkey)
         WHERE NOT EXISTS (
             SELECT FROM pg_constraint WHERE conrelid = columns.oid AND contype = 'f' AND conkey = ARRAY[attnum])",
    ),
    (
        // A completion is looked for by its grain; each further index costs at each completion.
        "an index for each foreign key, but for the module and the sequence of a completion",
        "SELECT columns.name FROM columns JOIN pg_constraint ON conrelid = columns.oid AND contype = 'f' AND conkey = ARRAY[attnum]
         WHERE NOT EXISTS (SELECT FROM pg_index WHERE indrelid = columns.oid AND indkey[0] = attnum)
         AND columns.name NOT IN ('progress.module_id', 'progress.sequence_id')",
    ),
    (
        "updated_at is kept by a trigger, whoever writes",
        "SELECT columns.name FROM columns WHERE attname = 'updated_at' AND NOT EXISTS (
             SELECT FROM pg_trigger WHERE tgrelid = columns.oid AND tgfoid = 'internal.touch_updated_at'::regproc)",
    ),
    (
        "created_at and completed_at fill themselves in",
        "SELECT name FROM columns WHERE attname IN ('created_at', 'completed_at', 'updated_at') AND fallback IS DISTINCT FROM 'now()'",
    ),
];

/// What the rules look at: the tables of `public` but sqlx's own, and their columns.
const SUBJECT: &str = "WITH tables AS (
    SELECT oid, relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '_sqlx_migrations'
), columns AS (
    SELECT tables.oid, attnum, attname, attidentity, relname || '.' || attname AS name,
           format_type(atttypid, NULL) AS type, pg_get_expr(adbin, adrelid) AS fallback
    FROM tables JOIN pg_attribute ON attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
) ";

async fn broken(pool: &PgPool) -> Vec<String> {
    let mut faults = Vec::new();
    for (rule, query) in RULES {
        let query = sqlx::AssertSqlSafe(format!("{SUBJECT}{query}"));
        let found: Vec<String> = sqlx::query_scalar(query)
            .fetch_all(pool)
            .await
            .unwrap_or_else(|error| panic!("{rule}: {error}"));
        faults.extend(found.into_iter().map(|name| format!("{rule}: {name}")));
    }
    faults
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn every_table_that_admins_see_obeys_the_rules_of_directus(pool: PgPool) {
    assert_eq!(broken(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_table_that_breaks_the_rules_is_named_with_each(pool: PgPool) {
    for statement in [
        "CREATE TABLE \"Odd\" (a uuid, b timestamp, PRIMARY KEY (a, b))",
        "CREATE TABLE odd (id text PRIMARY KEY, user_id uuid REFERENCES users, updated_at timestamptz)",
        "CREATE VIEW odd_view AS SELECT 1 AS id",
        "ALTER TABLE users ADD tags text[]",
    ] {
        sqlx::query(statement)
            .execute(&pool)
            .await
            .expect("an odd thing");
    }
    let told = broken(&pool).await.join("\n");
    for fault in [
        "a primary key of one column: Odd",
        "names in small letters, without the prefix of Directus's own: Odd",
        "types that it knows; times with their zone: Odd.b",
        "types that it knows; times with their zone: users.tags",
        "no foreign table: odd_view",
        "a uuid that is no key of its own table is a foreign key: Odd.a",
        "but for the module and the sequence of a completion: odd.user_id",
        "whoever writes: odd.updated_at",
        "fill themselves in: odd.updated_at",
    ] {
        assert!(told.contains(fault), "{fault}\n{told}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn admins_see_twelve_tables_at_most_and_each_by_choice(pool: PgPool) {
    let query = sqlx::AssertSqlSafe(format!("{SUBJECT}SELECT relname::text FROM tables"));
    let mut found: Vec<String> = sqlx::query_scalar(query)
        .fetch_all(&pool)
        .await
        .expect("a list");
    let mut chosen = SHOWN.map(str::to_owned).to_vec();
    found.sort_unstable();
    chosen.sort_unstable();
    assert_eq!(
        found, chosen,
        "tables of public (left) and those that Directus is meant to show (right)"
    );
    // The free edition counts to 25; this leaves room for what admins add.
    assert!(found.len() <= 12);
}
