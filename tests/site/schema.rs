//! Migrations go up, down and up again, and make the schema that `docs/schema.sql` shows.

use std::{fmt::Write, path::Path, process::Command};

use crate::support::pooler;
use mini_site::db::{self, MIGRATOR};
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool};

/// The schema of a database as `pg_dump` writes it, without what depends on its version.
fn dumped(pool: &PgPool) -> String {
    let mut url = pool.connect_options().to_url_lossy();
    // libpq takes the folder of a socket as a parameter, sqlx writes it as a host.
    let name = url.path().trim_start_matches('/').to_owned();
    let pairs: Vec<_> = url
        .query_pairs()
        .into_owned()
        .filter(|(key, _)| key == "host")
        .collect();
    url.set_query(None);
    let options = pool.connect_options();
    let host = pairs.first().map_or_else(
        || {
            options.get_socket().map_or_else(
                || options.get_host().to_owned(),
                |path| path.display().to_string(),
            )
        },
        |(_, host)| host.clone(),
    );
    let output = Command::new("pg_dump")
        .args([
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            "--exclude-table=_sqlx_migrations",
        ])
        .args(["--host", &host, "--port", &options.get_port().to_string()])
        .args(["--username", options.get_username(), "--dbname", &name])
        .output()
        .expect("pg_dump runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let is_schema = |line: &&str| {
        !line.starts_with("--")
            && !line.starts_with("SET ")
            && !line.starts_with("SELECT pg_catalog")
            && !line.starts_with('\\')
    };
    let lines: Vec<_> = text.lines().filter(is_schema).collect();
    let mut clean = lines.join("\n");
    while clean.contains("\n\n\n") {
        clean = clean.replace("\n\n\n", "\n\n");
    }
    clean.trim().to_owned()
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_document_shows_the_schema_that_the_migrations_make(pool: PgPool) {
    let heading = "-- The schema as the migrations make it: creates an empty database by hand.\n\
        -- Generated; UPDATE_SCHEMA=1 cargo test --test site schema writes it anew.\n\n";
    let schema = format!("{heading}{}\n{}", dumped(&pool), applied());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema.sql");
    if option_env!("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &schema).expect("docs/ is writable");
    }
    let shown = std::fs::read_to_string(&path).expect("docs/schema.sql");
    assert_eq!(shown, schema, "docs/schema.sql is out of date");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes all");
        text
    })
}

/// The table in which the program notes the migrations, filled with those of this version.
fn applied() -> String {
    let ups = MIGRATOR
        .iter()
        .filter(|migration| migration.migration_type.is_up_migration());
    let rows: Vec<_> = ups
        .map(|migration| {
            let checksum = hex(&migration.checksum);
            let (version, description) = (migration.version, &migration.description);
            format!("    ({version}, '{description}', true, '\\x{checksum}', 0)")
        })
        .collect();
    format!(
        "\n-- What the program would note: it takes the schema for its own, and applies nothing twice.\n\
         CREATE TABLE public._sqlx_migrations (\n    version bigint PRIMARY KEY,\n    description text NOT NULL,\n    \
         installed_on timestamp with time zone DEFAULT now() NOT NULL,\n    success boolean NOT NULL,\n    \
         checksum bytea NOT NULL,\n    execution_time bigint NOT NULL\n);\n\n\
         INSERT INTO public._sqlx_migrations (version, description, success, checksum, execution_time) VALUES\n{};\n",
        rows.join(",\n")
    )
}

#[sqlx::test(migrations = false)]
async fn a_database_made_by_hand_from_the_document_is_taken_for_its_own(pool: PgPool) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema.sql");
    let document = std::fs::read_to_string(path).expect("docs/schema.sql");
    let document = sqlx::raw_sql(AssertSqlSafe(document));
    document.execute(&pool).await.expect("the schema");
    let by_hand = dumped(&pool);
    db::migrate(&pooler::database(&pool))
        .await
        .expect("nothing is left to apply");
    assert_eq!(dumped(&pool), by_hand);
    let missing = db::missing_migrations(&pooler::database(&pool))
        .await
        .expect("a list");
    assert_eq!(missing, Vec::<String>::new());
}

#[sqlx::test(migrations = false)]
async fn migrations_go_up_and_down_and_up_again(pool: PgPool) {
    db::migrate(&pooler::database(&pool)).await.expect("up");
    let first = dumped(&pool);
    MIGRATOR.undo(&pool, 0).await.expect("down");
    let empty: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE nspname IN ('public', 'internal') AND relname NOT LIKE '\\_sqlx%'",
    )
    .fetch_one(&pool)
    .await
    .expect("a count");
    assert_eq!(empty, 0, "down leaves nothing behind");
    db::migrate(&pooler::database(&pool))
        .await
        .expect("up again");
    assert_eq!(dumped(&pool), first);
    assert_eq!(
        db::missing_migrations(&pooler::database(&pool))
            .await
            .expect("a list"),
        Vec::<String>::new()
    );
}

#[sqlx::test(migrations = false)]
async fn an_empty_database_lacks_every_migration(pool: PgPool) {
    assert!(
        !db::missing_migrations(&pooler::database(&pool))
            .await
            .expect("a list")
            .is_empty()
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn updated_at_follows_every_change(pool: PgPool) {
    sqlx::query("INSERT INTO users (moodle_user_id, updated_at) VALUES ('42', '2000-01-01')")
        .execute(&pool)
        .await
        .expect("a learner");
    let is_new = "SELECT updated_at > '2020-01-01' FROM users";
    sqlx::query("UPDATE users SET moodle_user_id = '42'")
        .execute(&pool)
        .await
        .expect("no change");
    let untouched: bool = sqlx::query_scalar(is_new)
        .fetch_one(&pool)
        .await
        .expect("a row");
    assert!(!untouched, "a change of nothing is none");
    sqlx::query("UPDATE users SET email = 'a@example.org'")
        .execute(&pool)
        .await
        .expect("a change");
    let touched: bool = sqlx::query_scalar(is_new)
        .fetch_one(&pool)
        .await
        .expect("a row");
    assert!(touched);
}
