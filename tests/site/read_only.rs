//! Read-only mode: what is refused, by whom, what still opens, and the race with what is in flight.

use axum::http::StatusCode;
use mini_site::{
    config::Secret,
    db,
    embed::{self, EmbedToken},
    learner::MoodleUserId,
    read_only::{self, Switch, SwitchError},
};
use serde_json::json;
use sqlx::{Connection, PgConnection, PgPool};
use time::Duration;

use crate::{
    catalogue::OTHER,
    support::{
        EMBED_SECRET, START, TestSite,
        platform::{
            FakePlatform, as_teacher,
            registrar::{Registrar, invite},
        },
    },
};

const COMPLETIONS: &str = "SELECT count(*) FROM progress";
const BANNER: &str = "<strong>Lecture seule</strong>";
const PATIENCE: Duration = Duration::seconds(10);

/// What nobody may change in read-only mode, as one text.
const PUBLIC: &str = "SELECT query_to_xml('SELECT * FROM users', true, false, '')::text
    || query_to_xml('SELECT * FROM progress', true, false, '')::text
    || query_to_xml('SELECT * FROM lti_deployments', true, false, '')::text
    || query_to_xml('SELECT * FROM lti_contexts', true, false, '')::text
    || query_to_xml('SELECT * FROM lti_resource_links', true, false, '')::text
    || query_to_xml('SELECT * FROM lti_memberships', true, false, '')::text";

async fn turn(pool: &PgPool, is_on: bool) -> Switch {
    let mut conn = pool.acquire().await.expect("a connection");
    read_only::set(&mut conn, is_on, PATIENCE)
        .await
        .expect("the switch turns")
}

async fn public(pool: &PgPool) -> String {
    sqlx::query_scalar(PUBLIC)
        .fetch_one(pool)
        .await
        .expect("a text")
}

/// Waits until somebody in this database waits for a lock.
async fn somebody_waits(pool: &PgPool) {
    let is_waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(is_waiting)
        .fetch_one(pool)
        .await
        .expect("a row")
    {
        tokio::task::yield_now().await;
    }
}

/// Finishes the grain by hand, in the transaction of this connection.
async fn finish_by_hand(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO progress (user_id, grain_id, module_id, sequence_id)
         SELECT id, 'grain1', 'module1', 'sequence1' FROM users",
    )
    .execute(conn)
    .await?;
    Ok(())
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn finishing_a_grain_is_refused_with_the_time_to_try_again_and_the_way_back(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner_after("42", &["grain1"]).await;
    turn(&site.pool, true).await;
    let answer = browser.post("/grains/grain2/completion").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "120");
    let said = "Le cours est en lecture seule pour quelques minutes";
    assert!(answer.text.contains(said), "{}", answer.text);
    assert!(answer.text.contains("href=\"/grains/grain2\""));
    assert!(answer.text.contains("code <code>read-only</code>"));
    let answer = browser.post("/grains/grain1/completion/undo").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(site.count(COMPLETIONS).await, 1);
    turn(&site.pool, false).await;
    let answer = browser.post("/grains/grain2/completion").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(site.count(COMPLETIONS).await, 2);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_json_api_reads_and_refuses_to_write(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner_after("42", &["grain1"]).await;
    turn(&site.pool, true).await;
    let bodies = [
        ("/api/progress", r#"{"grain_id": "grain2"}"#),
        ("/api/auth/profile", r#"{"moodle_user_id": "43"}"#),
    ];
    for (path, body) in bodies {
        let answer = browser.post_json(path, body).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.header("retry-after"), "120");
        assert_eq!(answer.json()["error"]["code"], "read_only");
    }
    let answer = browser.get("/api/progress").await;
    assert_eq!(answer.json()["course"]["done"], 1);
    assert_eq!(site.count("SELECT count(*) FROM users").await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn pages_say_so_within_a_second_and_no_longer(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut learner = site.learner("42").await;
    let mut passer_by = site.browser();
    for is_on in [true, false] {
        learner.get("/").await;
        turn(&site.pool, is_on).await;
        let page = learner.get("/").await;
        assert_eq!(page.text.contains(BANNER), !is_on, "it is remembered");
        site.clock.advance(Duration::seconds(1));
        for browser in [&mut learner, &mut passer_by] {
            let page = browser.get("/grains/grain1").await;
            assert_eq!(page.status, StatusCode::OK);
            assert_eq!(page.text.contains(BANNER), is_on);
        }
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn after_a_refusal_the_next_page_says_so(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    browser.get("/").await;
    turn(&site.pool, true).await;
    browser.post("/grains/grain1/completion").await;
    let page = browser.get("/grains/grain1").await;
    assert!(page.text.contains(BANNER));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_completion_in_flight_is_committed_before_the_switch_answers(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    let mut browser = site.learner("42").await;
    let mut in_flight = pool.begin().await.expect("a transaction");
    finish_by_hand(&mut in_flight).await.expect("it is not on");
    let switch = tokio::spawn({
        let pool = pool.clone();
        async move { turn(&pool, true).await }
    });
    somebody_waits(&pool).await;
    // Comes after the switch, and waits behind it.
    let late = tokio::spawn(async move { browser.post("/grains/grain2/completion").await });
    in_flight.commit().await.expect("a commit");
    assert!(switch.await.expect("no panic").is_on);
    assert_eq!(site.count(COMPLETIONS).await, 1, "what was in flight");
    let late = late.await.expect("no panic");
    let rows = site.count(COMPLETIONS).await;
    assert_eq!((late.status, rows), (StatusCode::SERVICE_UNAVAILABLE, 1));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn completions_that_race_with_the_switch_are_there_or_were_refused(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    let mut browsers = Vec::new();
    for number in 0..100 {
        browsers.push(site.learner(&number.to_string()).await);
    }
    let mut racers = tokio::task::JoinSet::new();
    for browsers in browsers.chunks(5) {
        // More than the switch leaves them time for.
        let mut browsers = browsers.to_vec();
        racers.spawn(async move {
            let mut acknowledged = 0;
            for browser in &mut browsers {
                for grain in 1..=29 {
                    let answer = browser
                        .post(&format!("/grains/grain{grain}/completion"))
                        .await;
                    if answer.status == StatusCode::SERVICE_UNAVAILABLE {
                        return acknowledged;
                    }
                    assert_eq!(answer.status, StatusCode::SEE_OTHER);
                    acknowledged += 1;
                }
            }
            panic!("the switch did not come in time to be tried");
        });
    }
    while site.count(COMPLETIONS).await < 40 {
        tokio::task::yield_now().await;
    }
    turn(&pool, true).await;
    let at_the_switch = site.count(COMPLETIONS).await;
    let acknowledged: i64 = racers.join_all().await.into_iter().sum();
    assert_eq!(at_the_switch, acknowledged, "the dump begins here");
    assert_eq!(site.count(COMPLETIONS).await, acknowledged);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_switch_gives_up_when_a_change_does_not_end(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    site.learner("42").await;
    let mut endless = pool.begin().await.expect("a transaction");
    finish_by_hand(&mut endless).await.expect("it is not on");
    let mut conn = pool.acquire().await.expect("a connection");
    let patience = Duration::milliseconds(50);
    let outcome = read_only::set(&mut conn, true, patience).await;
    assert!(matches!(outcome, Err(SwitchError::Busy(_))), "{outcome:?}");
    let switch = read_only::store::find_switch(&mut conn).await;
    assert_eq!(switch.expect("a switch"), Switch::default());
    endless.rollback().await.expect("a rollback");
    assert!(turn(&pool, true).await.is_on);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn whoever_writes_is_refused_and_a_role_without_right_on_internal_writes_otherwise(
    pool: PgPool,
) {
    let site = TestSite::new(pool.clone()).await;
    site.learner("42").await;
    let mut conn = pool.acquire().await.expect("a connection");
    // A role of the whole cluster: it goes with the transaction.
    let mut transaction = conn.begin().await.expect("a transaction");
    for statement in [
        "CREATE ROLE clerk_of_this_test",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON users, progress TO clerk_of_this_test",
        "SET LOCAL ROLE clerk_of_this_test",
        "UPDATE users SET name = 'Camille'",
    ] {
        let done = sqlx::query(statement).execute(&mut *transaction).await;
        done.expect(statement);
    }
    finish_by_hand(&mut transaction)
        .await
        .expect("a clerk writes");
    transaction.rollback().await.expect("a rollback");
    drop(conn);
    turn(&pool, true).await;
    for statement in [
        "UPDATE users SET name = 'Camille'",
        "DELETE FROM users",
        "INSERT INTO users (moodle_user_id) VALUES ('43')",
        "TRUNCATE users CASCADE",
        "UPDATE progress SET completed_at = now()",
        "DELETE FROM lti_platforms",
        "UPDATE lti_deployments SET status = 'approved'",
        "INSERT INTO internal.lti_invites VALUES (sha256(''), now(), now())",
    ] {
        let outcome = sqlx::query(statement).execute(&pool).await;
        let error = outcome.expect_err(statement);
        assert!(read_only::is_refusal(&error), "{statement}: {error}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_guard_is_not_led_astray_by_names_of_whoever_writes(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    site.learner("42").await;
    turn(&pool, true).await;
    let mut transaction = pool.begin().await.expect("a transaction");
    let astray = sqlx::raw_sql(
        "CREATE SCHEMA astray;
         CREATE FUNCTION astray.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
         CREATE FUNCTION astray.always(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
         CREATE OPERATOR astray.<> (FUNCTION = astray.never, LEFTARG = text, RIGHTARG = text);
         CREATE OPERATOR astray.= (FUNCTION = astray.always, LEFTARG = text, RIGHTARG = text);
         CREATE FUNCTION astray.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$SELECT 'on'$$;
         CREATE FUNCTION astray.pg_advisory_xact_lock_shared(bigint) RETURNS void LANGUAGE plpgsql
             AS $$BEGIN RAISE 'led astray'; END$$;
         SET LOCAL search_path = astray, pg_catalog, public",
    );
    let done = astray.execute(&mut *transaction).await;
    done.expect("names that stand before those of PostgreSQL");
    let change = sqlx::query("UPDATE users SET name = 'Camille'");
    let error = change
        .execute(&mut *transaction)
        .await
        .expect_err("it is on");
    assert!(read_only::is_refusal(&error), "{error}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn migrations_and_a_course_that_changed_are_not_held_up(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    site.learner_after("42", &["grain1"]).await;
    turn(&pool, true).await;
    site.with_course(&OTHER).await;
    let moved = "SELECT count(*) FROM progress WHERE module_id = 'module9'";
    assert_eq!(site.count(moved).await, 1, "a completion follows its grain");
    let mut migration = pool.begin().await.expect("a transaction");
    db::store::mark_migrating(&mut migration)
        .await
        .expect("a mark");
    let change = sqlx::query("UPDATE users SET name = 'Camille'");
    change
        .execute(&mut *migration)
        .await
        .expect("a migration may");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_launch_of_a_known_learner_opens_their_session_and_writes_nothing_public(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let root = first.strip_suffix('/').expect("the home page");
    browser
        .post(&format!("{root}/grains/grain1/completion"))
        .await;
    turn(&pool, true).await;
    let before = public(&pool).await;
    site.clock.advance(Duration::hours(1));
    for keeps_cookies in [true, false] {
        let mut browser = site.browser();
        browser.keeps_cookies = keeps_cookies;
        let first = platform
            .open_with(&site, &mut browser, |claims| {
                claims["name"] = json!("Élodie Dupont");
            })
            .await;
        assert!(first.ends_with("/grains/grain2"), "{first}");
        let page = browser.get_framed(&first).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.text.contains("Élodie Lefèvre") && page.text.contains(BANNER));
        let answer = browser.post(&format!("{first}/completion")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(public(&pool).await, before);
    turn(&pool, false).await;
    platform
        .open_with(&site, &mut browser, |claims| {
            claims["name"] = json!("Élodie Dupont");
        })
        .await;
    assert!(public(&pool).await.contains("Élodie Dupont"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_launch_of_somebody_new_opens_the_page_without_a_session(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let platform = FakePlatform::start(&site).await;
    site.browser().get("/").await;
    turn(&pool, true).await;
    let before = public(&pool).await;
    let custom = "https://purl.imsglobal.org/spec/lti/claim/custom";
    for (asked, address) in [
        (json!({}), "/"),
        (json!({"grain": "grain8"}), "/grains/grain8"),
        (json!({"module": "module2"}), "/modules/module2"),
    ] {
        let mut browser = site.browser();
        let answer = platform
            .launch_with(&site, &mut browser, |claims| claims[custom] = asked)
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        assert_eq!(answer.location(), address);
        let page = browser.get(address).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains(BANNER));
        let policy = page.header("content-security-policy");
        assert!(policy.contains(&platform.issuer), "{policy}");
    }
    assert_eq!(public(&pool).await, before);
    assert_eq!(
        site.count("SELECT count(*) FROM internal.sessions").await,
        0
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn queued_grades_wait(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let root = first.strip_suffix('/').expect("the home page");
    browser
        .post(&format!("{root}/grains/grain1/completion"))
        .await;
    turn(&pool, true).await;
    assert_eq!(site.drain_outbox().await, 0);
    assert_eq!(platform.services.grade(), None);
    turn(&pool, false).await;
    assert_eq!(site.drain_outbox().await, 1);
    assert!(platform.services.grade().is_some());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_platform_that_registers_is_told_before_it_keeps_anything(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let registrar = Registrar::start(&site).await;
    let address = registrar.address(&invite(&site).await, Some("one.time.token"));
    turn(&pool, true).await;
    let page = site.browser().get(&address).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        page.header("content-security-policy")
            .contains(&registrar.origin)
    );
    assert_eq!(registrar.seen().len(), 0);
    turn(&pool, false).await;
    site.clock.advance(Duration::seconds(1));
    let page = site.browser().get(&address).await;
    assert_eq!(page.status, StatusCode::OK, "the invitation is still open");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_deployment_that_waits_for_approval_opens_nothing(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let platform = FakePlatform::start(&site).await;
    turn(&pool, true).await;
    let mut browser = site.browser();
    let deployment = "https://purl.imsglobal.org/spec/lti/claim/deployment_id";
    let mut pending = platform.login(&site, &mut browser).await;
    pending.claims[deployment] = json!("5");
    as_teacher(&mut pending.claims);
    let token = crate::support::platform::KEY.sign(&pending.claims);
    let answer = platform.post(&mut browser, &pending.state, &token).await;
    assert!(answer.status.is_client_error(), "{}", answer.text);
    assert_eq!(site.count("SELECT count(*) FROM lti_deployments").await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_signed_token_opens_the_course_for_reading(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let token = |id: &str| {
        let token = EmbedToken {
            moodle_user_id: MoodleUserId::try_from(id).expect("an identifier"),
            email: None,
            name: None,
            target: Some("/grains/grain3".to_owned()),
            id: None,
            expires_at: START + Duration::hours(1),
        };
        let text = embed::mint(&token, &Secret::from_text(EMBED_SECRET)).expect("a signature");
        format!("/embed?token={text}")
    };
    let answer = site.browser().get(&token("42")).await;
    assert!(answer.location().starts_with("/e/"), "{}", answer.text);
    site.browser().get("/").await;
    turn(&pool, true).await;
    let answer = site.browser().get(&token("43")).await;
    assert_eq!(answer.location(), "/grains/grain3");
    let page = site.browser().get("/grains/grain3").await;
    assert!(
        page.text.contains(BANNER),
        "it says why there is no session"
    );
    let answer = site.browser().get(&token("42")).await;
    assert!(answer.location().starts_with("/e/"), "{}", answer.text);
    assert_eq!(site.count("SELECT count(*) FROM users").await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn every_table_that_admins_see_is_guarded_save_the_course(pool: PgPool) {
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class AS tables
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT EXISTS (
             SELECT FROM pg_trigger WHERE tgrelid = tables.oid AND tgname = 'refuse_when_read_only')
         ORDER BY relname",
    )
    .fetch_all(&pool)
    .await
    .expect("a list");
    assert_eq!(
        open,
        ["_sqlx_migrations", "grains", "modules", "sequences"],
        "a table whose rows would be lost needs the trigger refuse_when_read_only"
    );
}
