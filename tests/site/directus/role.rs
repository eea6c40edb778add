//! The role of Directus, as `directus/role.sql` makes it: what it may do, and what PostgreSQL refuses.

use axum::http::StatusCode;
use sqlx::{PgPool, postgres::PgDatabaseError};
use time::Duration;

use super::{SHOWN, apply_role};
use crate::support::TestSite;

/// SQLSTATE of a right that is missing, an owner's included.
const DENIED: &str = "42501";

/// Runs a statement as Directus, and keeps what it did.
async fn as_directus(pool: &PgPool, statement: &str) -> sqlx::Result<u64> {
    let mut transaction = pool.begin().await?;
    sqlx::query("SET LOCAL ROLE directus")
        .execute(&mut *transaction)
        .await?;
    let done = sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(done.rows_affected())
}

async fn assert_denied(pool: &PgPool, statement: &str) {
    let error = as_directus(pool, statement)
        .await
        .expect_err(&format!("allowed: {statement}"));
    let code = error
        .as_database_error()
        .map(|error| error.downcast_ref::<PgDatabaseError>().code());
    assert_eq!(code, Some(DENIED), "{statement}: {error}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn it_reads_each_table_that_admins_see(pool: PgPool) {
    apply_role(&pool).await;
    for table in SHOWN {
        as_directus(&pool, &format!("SELECT * FROM {table}"))
            .await
            .expect(table);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn it_sees_nothing_of_the_internal_schema(pool: PgPool) {
    apply_role(&pool).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'internal'::regnamespace AND relkind = 'r'",
    )
    .fetch_all(&pool)
    .await
    .expect("a list");
    assert!(tables.len() > 5, "{tables:?}");
    for table in tables {
        assert_denied(&pool, &format!("SELECT * FROM {table}")).await;
        assert_denied(&pool, &format!("DELETE FROM {table}")).await;
    }
    assert_denied(&pool, "SELECT * FROM _sqlx_migrations").await;
    assert_denied(&pool, "CREATE TABLE internal.mine (id int)").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn it_cannot_change_a_table_of_ours(pool: PgPool) {
    apply_role(&pool).await;
    for table in SHOWN {
        for act in [
            "DROP TABLE {}",
            "DROP TABLE {} CASCADE",
            "TRUNCATE {} CASCADE",
            "ALTER TABLE {} ADD mine text",
            "ALTER TABLE {} DROP COLUMN id",
            "ALTER TABLE {} DISABLE TRIGGER ALL",
            "CREATE INDEX ON {} (id)",
            "COMMENT ON TABLE {} IS 'mine'",
        ] {
            assert_denied(&pool, &act.replace("{}", table)).await;
        }
    }
    assert_denied(&pool, "CREATE TABLE public.mine (id int)").await;
    assert_denied(&pool, "DROP SCHEMA internal CASCADE").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn it_writes_neither_the_catalogue_nor_what_a_launch_told(pool: PgPool) {
    TestSite::new(pool.clone()).await.learner("42").await;
    apply_role(&pool).await;
    for statement in [
        "UPDATE modules SET title = 'mine'",
        "UPDATE sequences SET position = 1",
        "UPDATE grains SET retired_at = now()",
        "DELETE FROM grains",
        "INSERT INTO modules (id, position, title, summary, minutes) VALUES ('mine', 1, '', '', 1)",
        // Whoever changes these passes for anyone.
        "UPDATE lti_platforms SET jwks_url = 'https://evil.example.org'",
        "UPDATE lti_platforms SET issuer = 'https://evil.example.org'",
        "INSERT INTO lti_platforms (name, issuer, client_id, authorization_url, token_url, jwks_url)
         VALUES ('a', 'a', 'a', 'a', 'a', 'a')",
        "UPDATE users SET moodle_user_id = '43'",
        "UPDATE users SET platform_id = NULL",
        "UPDATE progress SET user_id = user_id",
        "UPDATE lti_memberships SET role = 'teacher'",
        "DELETE FROM lti_platforms",
        "DELETE FROM lti_contexts",
    ] {
        assert_denied(&pool, statement).await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn it_keeps_tables_of_its_own_in_its_own_schema(pool: PgPool) {
    apply_role(&pool).await;
    for statement in [
        "CREATE TABLE directus.directus_users (id int)",
        "ALTER TABLE directus.directus_users ADD name text",
        "DROP TABLE directus.directus_users",
    ] {
        as_directus(&pool, statement).await.expect(statement);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn applied_again_it_takes_back_what_was_given_beside_it(pool: PgPool) {
    apply_role(&pool).await;
    sqlx::raw_sql(
        "GRANT ALL ON grains TO directus; GRANT UPDATE (jwks_url) ON lti_platforms TO directus;
         GRANT USAGE ON SCHEMA internal TO directus; GRANT SELECT ON internal.sessions TO directus",
    )
    .execute(&pool)
    .await
    .expect("too many rights");
    apply_role(&pool).await;
    assert_denied(&pool, "UPDATE grains SET title = 'mine'").await;
    assert_denied(&pool, "UPDATE lti_platforms SET jwks_url = 'mine'").await;
    assert_denied(&pool, "SELECT * FROM internal.sessions").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_right_that_comes_from_elsewhere_stops_it(pool: PgPool) {
    sqlx::query("GRANT UPDATE ON grains TO PUBLIC")
        .execute(&pool)
        .await
        .expect("too many rights");
    let error = sqlx::raw_sql(include_str!("../../../directus/role.sql"))
        .execute(&pool)
        .await
        .expect_err("a refusal")
        .to_string();
    assert!(error.contains("directus may write grains"), "{error}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn what_it_changes_shows_on_the_next_page(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    let mut browser = site.learner_after("42", &["grain1"]).await;
    apply_role(&pool).await;
    let posted = "INSERT INTO progress (user_id, grain_id, module_id, sequence_id)
         SELECT users.id, grains.id, module_id, sequence_id FROM users, grains WHERE grains.id = 'grain2'";
    assert_eq!(as_directus(&pool, posted).await.expect("a completion"), 1);
    let report = browser.get("/api/progress").await.json();
    assert_eq!(report["course"]["done"], 2);
    let removed = "DELETE FROM progress WHERE grain_id = 'grain1'";
    assert_eq!(as_directus(&pool, removed).await.expect("none left"), 1);
    let report = browser.get("/api/progress").await.json();
    assert_eq!(report["completed"][0]["grain_id"], "grain2");
    assert_eq!(report["course"]["done"], 1);
    as_directus(&pool, "UPDATE users SET email = 'right@example.org'")
        .await
        .expect("a corrected e-mail");
    site.clock.advance(Duration::seconds(2));
    let report = browser.get("/api/progress").await.json();
    assert_eq!(report["user"]["email"], "right@example.org");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_completion_that_makes_no_sense_is_refused_by_a_named_constraint(pool: PgPool) {
    TestSite::new(pool.clone())
        .await
        .learner_after("42", &["grain1"])
        .await;
    apply_role(&pool).await;
    for (values, constraint) in [
        (
            "'grain1', 'module1', 'sequence1'",
            "completion_once_per_grain",
        ),
        (
            "'grain99', 'module1', 'sequence1'",
            "completion_in_its_place",
        ),
        (
            "'grain2', 'module2', 'sequence1'",
            "completion_in_its_place",
        ),
    ] {
        let statement = format!(
            "INSERT INTO progress (user_id, grain_id, module_id, sequence_id) SELECT id, {values} FROM users"
        );
        let error = as_directus(&pool, &statement).await.expect_err(values);
        let found = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::constraint)
            .unwrap_or_default();
        // A grain that does not exist breaks two; PostgreSQL names one of them.
        assert!(
            found == constraint
                || (constraint == "completion_in_its_place" && found == "progress_grain_id_fkey"),
            "{values}: {error}"
        );
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn erasing_a_learner_takes_everything_with_it_sessions_too(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    let mut browser = site.learner_after("42", &["grain1", "grain2"]).await;
    assert!(site.count("SELECT count(*) FROM internal.sessions").await > 0);
    apply_role(&pool).await;
    let erased = as_directus(&pool, "DELETE FROM users WHERE moodle_user_id = '42'").await;
    assert_eq!(erased.expect("an erased learner"), 1);
    for counted in [
        "SELECT count(*) FROM progress",
        "SELECT count(*) FROM internal.sessions",
    ] {
        assert_eq!(site.count(counted).await, 0, "{counted}");
    }
    site.clock.advance(Duration::seconds(2));
    let answer = browser.post("/grains/grain3/completion").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn whatever_names_a_learner_goes_with_them(pool: PgPool) {
    let kept: Vec<String> = sqlx::query_scalar(
        "SELECT conrelid::regclass::text FROM pg_constraint
         WHERE contype = 'f' AND confrelid = 'users'::regclass AND confdeltype <> 'c'",
    )
    .fetch_all(&pool)
    .await
    .expect("a list");
    assert_eq!(kept, Vec::<String>::new(), "foreign keys without cascade");
    let unnamed: Vec<String> = sqlx::query_scalar(
        "SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
         WHERE relkind = 'r' AND attname = 'user_id' AND relnamespace IN ('public'::regnamespace, 'internal'::regnamespace)
         AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = attrelid AND contype = 'f' AND conkey = ARRAY[attnum])",
    )
    .fetch_all(&pool)
    .await
    .expect("a list");
    assert_eq!(
        unnamed,
        Vec::<String>::new(),
        "user_id without a foreign key"
    );
}
