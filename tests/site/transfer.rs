//! Dump, restore, verify: from one database to another, by the functions and by the program.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use axum::http::StatusCode;
use mini_site::{
    config::DatabaseAddress,
    db::{self, MIGRATOR},
    read_only,
    transfer::{self, Scope, TransferError},
};
use sqlx::{AssertSqlSafe, PgPool};
use time::Duration;

use crate::{
    process::{program, run, text, url},
    support::{TestSite, pooler},
};

/// The last migration before this part of the program.
const BEFORE_READ_ONLY: i64 = 20_261_125_000_000;

/// A dump and an empty database beside the one of the test, both gone with the test.
struct Move {
    folder: PathBuf,
    from: DatabaseAddress,
    to_name: String,
    to_url: String,
    pool: PgPool,
}

impl Move {
    async fn begin(pool: &PgPool) -> Self {
        let (from_url, name) = (url(pool), database(pool));
        // As long as a name may be, like the other.
        let to_name = name.replacen("_sqlx_test_", "_sqlx_move_", 1);
        let folder = std::env::temp_dir().join(&to_name);
        fs::create_dir_all(&folder).expect("a folder");
        execute(
            pool,
            format!("DROP DATABASE IF EXISTS \"{to_name}\" WITH (FORCE)"),
        )
        .await;
        execute(
            pool,
            format!("CREATE DATABASE \"{to_name}\" TEMPLATE template0"),
        )
        .await;
        Self {
            folder,
            from: DatabaseAddress::parse(&from_url).expect("an address"),
            to_url: from_url.replacen(&name, &to_name, 1),
            to_name,
            pool: pool.clone(),
        }
    }

    fn dump(&self) -> PathBuf {
        self.folder.join("move.dump")
    }

    fn to(&self) -> DatabaseAddress {
        DatabaseAddress::parse(&self.to_url).expect("an address")
    }

    async fn connect(&self) -> PgPool {
        PgPool::connect_with(self.to().options)
            .await
            .expect("the other database")
    }

    /// What is left to differ once the dump is restored.
    async fn differences(&self, scope: Scope) -> Vec<String> {
        let mut inventories = Vec::new();
        for pool in [&self.pool, &self.connect().await] {
            let mut conn = pool.acquire().await.expect("a connection");
            let read = transfer::read_inventory(&mut conn, &transfer::SCHEMAS).await;
            inventories.push(read.expect("an inventory"));
        }
        transfer::compare(&inventories[0], &inventories[1], scope).differences
    }

    async fn end(self) {
        let drop = format!("DROP DATABASE \"{}\" WITH (FORCE)", self.to_name);
        execute(&self.pool, drop).await;
        fs::remove_dir_all(&self.folder).expect("a folder");
    }
}

fn database(pool: &PgPool) -> String {
    let options = pool.connect_options();
    options.get_database().expect("a name").to_owned()
}

async fn execute(pool: &PgPool, sql: String) {
    sqlx::query(AssertSqlSafe(sql))
        .execute(pool)
        .await
        .expect("a statement");
}

async fn turn(pool: &PgPool, is_on: bool) {
    let mut conn = pool.acquire().await.expect("a connection");
    let turned = read_only::set(&mut conn, is_on, Duration::seconds(10)).await;
    turned.expect("the switch turns");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_site_goes_on_in_the_restored_database_where_it_stopped(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    let browser = site.learner_after("42", &["grain1", "grain2"]).await;
    turn(&pool, true).await;
    let moved = Move::begin(&pool).await;
    let dumped = transfer::dump(&moved.from, &moved.dump(), false).await;
    let dumped = dumped.expect("a dump");
    assert_eq!(dumped.inventory.tables["public.progress"].rows, 2);
    let restored = transfer::restore(&moved.dump(), &moved.to()).await;
    let restored = restored.expect("a restored database");
    assert!(restored.read_only.is_on);
    assert_eq!(restored.new_migrations, 0);
    assert_eq!(moved.differences(Scope::All).await, Vec::<String>::new());
    let other = TestSite::new(moved.connect().await).await;
    let mut there = other.browser();
    there.cookie = browser.cookie;
    let answer = there.post("/grains/grain3/completion").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    turn(&other.pool, false).await;
    let answer = there.post("/grains/grain3/completion").await;
    assert_eq!(
        answer.status,
        StatusCode::SEE_OTHER,
        "the session came along"
    );
    assert_eq!(other.count("SELECT count(*) FROM progress").await, 3);
    moved.end().await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_manifest_shows_the_moment_of_the_dump_whatever_is_written_meanwhile(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    let moved = Move::begin(&pool).await;
    site.learner("42").await;
    // Each learner writes less than the limit of a session: refusals write nothing, and being
    // answered at once would leave no turn for the dump.
    let writer = tokio::spawn(async move {
        for learner in 0.. {
            let mut browser = site.learner(&learner.to_string()).await;
            for path in (1..=29).map(|grain| format!("/grains/grain{grain}/completion")) {
                for path in [path.clone(), format!("{path}/undo"), path] {
                    let answer = browser.post(&path).await;
                    assert_eq!(answer.status, StatusCode::SEE_OTHER);
                }
            }
        }
    });
    let dumped = transfer::dump(&moved.from, &moved.dump(), false).await;
    let dumped = dumped.expect("a dump");
    assert!(!writer.is_finished());
    writer.abort();
    transfer::restore(&moved.dump(), &moved.to())
        .await
        .expect("a restored database");
    let mut conn = moved.connect().await.acquire().await.expect("a connection");
    let there = transfer::read_inventory(&mut conn, &transfer::SCHEMAS).await;
    let found = transfer::compare(&dumped.inventory, &there.expect("an inventory"), Scope::All);
    assert_eq!(found.differences, Vec::<String>::new());
    drop(conn);
    moved.end().await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_database_with_a_schema_in_it_is_refused_and_left_alone(pool: PgPool) {
    TestSite::new(pool.clone()).await;
    let moved = Move::begin(&pool).await;
    transfer::dump(&moved.from, &moved.dump(), false)
        .await
        .expect("a dump");
    // As the first version of the procedure had it: the schema first, then a full dump.
    let other = moved.connect().await;
    let schema = sqlx::raw_sql(include_str!("../../docs/schema.sql"));
    schema.execute(&other).await.expect("the schema");
    let outcome = transfer::restore(&moved.dump(), &moved.to()).await;
    let error = outcome.expect_err("it is not empty").to_string();
    assert!(
        error.contains("is not empty (it holds internal."),
        "{error}"
    );
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM grains")
        .fetch_one(&other)
        .await
        .expect("a count");
    assert_eq!(rows, 0);
    moved.end().await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_dump_that_is_none_or_was_cut_short_leaves_the_database_empty(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    site.execute(
        "INSERT INTO users (moodle_user_id) SELECT n::text FROM generate_series(1, 2000) AS n",
    )
    .await;
    let moved = Move::begin(&pool).await;
    transfer::dump(&moved.from, &moved.dump(), false)
        .await
        .expect("a dump");
    let whole = fs::read(moved.dump()).expect("the dump");
    for (content, expected) in [
        (&b"no dump at all"[..], "is not read by pg_restore"),
        (&whole[..whole.len() - 100], "pg_restore failed: error: "),
    ] {
        fs::write(moved.dump(), content).expect("a file");
        let outcome = transfer::restore(&moved.dump(), &moved.to()).await;
        let error = outcome.expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
        let mut conn = moved.connect().await.acquire().await.expect("a connection");
        let left = transfer::store::list_contents(&mut conn).await;
        assert_eq!(left.expect("a list"), Vec::<String>::new());
    }
    moved.end().await;
}

#[sqlx::test(migrations = false)]
async fn newer_migrations_are_applied_to_what_was_restored(pool: PgPool) {
    db::migrate(&pooler::database(&pool))
        .await
        .expect("migrations");
    MIGRATOR
        .undo(&pool, BEFORE_READ_ONLY)
        .await
        .expect("an older schema");
    let moved = Move::begin(&pool).await;
    transfer::dump(&moved.from, &moved.dump(), false)
        .await
        .expect("a dump");
    let restored = transfer::restore(&moved.dump(), &moved.to()).await;
    assert!(restored.expect("a restored database").new_migrations > 0);
    let other = moved.connect().await;
    let missing = db::missing_migrations(&pooler::database(&other))
        .await
        .expect("a list");
    assert_eq!(missing, Vec::<String>::new());
    let differences = moved.differences(Scope::Kept).await;
    let expected = "internal.read_only: not in the first database".to_owned();
    assert!(differences.contains(&expected), "{differences:?}");
    moved.end().await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn directus_comes_along_when_it_is_asked_to_and_nothing_else_does(pool: PgPool) {
    for statement in [
        "CREATE SCHEMA directus",
        "CREATE TABLE directus.directus_settings (id integer PRIMARY KEY)",
        "CREATE SCHEMA elsewhere",
        "CREATE TABLE elsewhere.notes (id integer)",
    ] {
        execute(&pool, statement.to_owned()).await;
    }
    for with_directus in [false, true] {
        let moved = Move::begin(&pool).await;
        let dumped = transfer::dump(&moved.from, &moved.dump(), with_directus).await;
        let tables = dumped.expect("a dump").inventory.tables;
        assert_eq!(
            tables.contains_key("directus.directus_settings"),
            with_directus
        );
        transfer::restore(&moved.dump(), &moved.to())
            .await
            .expect("a restored database");
        let schemas: Vec<String> = sqlx::query_scalar(
            "SELECT nspname::text FROM pg_namespace WHERE nspname IN ('directus', 'elsewhere')",
        )
        .fetch_all(&moved.connect().await)
        .await
        .expect("a list");
        assert_eq!(schemas.is_empty(), !with_directus, "{schemas:?}");
        moved.end().await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_account_that_may_not_create_is_told_what_to_grant(pool: PgPool) {
    let moved = Move::begin(&pool).await;
    transfer::dump(&moved.from, &moved.dump(), false)
        .await
        .expect("a dump");
    // A role belongs to the whole cluster: its name is this test's own.
    let role = database(&pool).replacen("_sqlx_test_", "guest_", 1);
    execute(&pool, format!("CREATE ROLE \"{role}\" LOGIN")).await;
    let mut guest = moved.to();
    guest.options = guest.options.username(&role);
    let outcome = transfer::restore(&moved.dump(), &guest).await;
    execute(&pool, format!("DROP ROLE \"{role}\"")).await;
    let error = outcome.expect_err("it has no right");
    assert!(matches!(error, TransferError::Rights { .. }), "{error}");
    moved.end().await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_program_dumps_restores_and_tells_the_differences_by_its_exit_code(pool: PgPool) {
    TestSite::new(pool.clone()).await;
    let moved = Move::begin(&pool).await;
    let dump = moved.dump();
    let dump = dump.to_str().expect("UTF-8");
    let manifest = format!("{dump}.json");
    let from = url(&pool);
    let variables = [
        ("DATABASE_URL", from.as_str()),
        ("NEW", moved.to_url.as_str()),
    ];
    let verify = ["verify", "--from", &manifest, "--to", "NEW", "--all"];
    for arguments in [
        &["read-only", "on"][..],
        &["dump", "--output", dump],
        &["restore", dump, "--into", "NEW"],
        &["verify", "--from", "DATABASE_URL", "--to", "NEW"],
        &verify,
        &["read-only", "off", "--database", "NEW"],
    ] {
        let output = run(arguments, &variables);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    for file in [dump, &manifest] {
        let mode = fs::metadata(file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file} is nobody else's to read");
    }
    let output = run(&verify, &variables);
    assert_eq!(output.status.code(), Some(1), "the switch was turned");
    assert!(text(&output.stdout).contains("DIFFERS  internal.read_only"));
    let output = run(&["restore", dump, "--into", "NEWER"], &variables);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("the variable NEWER is not set"));
    moved.end().await;
}

/// A `pg_dump` of this test's own, which notes how it was called.
fn spy(folder: &Path, major: u32) -> String {
    let path = folder.join("pg_dump");
    let notes = folder.join("notes");
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'pg_dump (PostgreSQL) {major}.1'; exit; fi\n\
         echo \"$*\" >{notes}\necho \"$PGPASSWORD\" >>{notes}\nexit 1\n",
        notes = notes.display()
    );
    fs::write(&path, script).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a script that runs");
    folder.to_str().expect("UTF-8").to_owned()
}

#[test]
fn what_moves_the_data_does_not_go_through_a_pooler() {
    let variables = [
        ("DATABASE_URL", "postgres://nobody@localhost:1/none"),
        ("DATABASE_POOL_MODE", "transaction"),
    ];
    for line in [&["dump", "--output", "/nowhere"][..], &["read-only", "on"]] {
        let output = run(line, &variables);
        assert_eq!(output.status.code(), Some(2), "{line:?}");
        let said = text(&output.stderr);
        assert!(said.contains("DATABASE_URL leads to a pooler"), "{said}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_password_is_not_in_the_command_line_of_pg_dump(pool: PgPool) {
    let moved = Move::begin(&pool).await;
    let version: i32 =
        sqlx::query_scalar("SELECT current_setting('server_version_num')::integer / 10000")
            .fetch_one(&pool)
            .await
            .expect("a version");
    let path = spy(&moved.folder, u32::try_from(version).expect("a version"));
    let with_password = url(&pool).replacen('@', ":hush-hush@", 1);
    let dump = moved.dump();
    let output = program(
        &["dump", "--output", dump.to_str().expect("UTF-8")],
        &[("DATABASE_URL", &with_password), ("PATH", &path)],
    )
    .output()
    .expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("pg_dump failed") && !said.contains("hush-hush"),
        "{said}"
    );
    let notes = fs::read_to_string(moved.folder.join("notes")).expect("notes");
    let (arguments, password) = notes.split_once('\n').expect("two lines");
    assert!(!arguments.contains("hush-hush"), "{arguments}");
    assert_eq!(password.trim(), "hush-hush");
    assert!(!dump.exists() && !moved.folder.join("move.dump.part").exists());
    moved.end().await;
}
