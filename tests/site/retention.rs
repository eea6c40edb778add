//! Learners without activity: who they are, who erases them, and when.

use axum::http::StatusCode;
use mini_site::{
    privacy::retention::{self, Inactive, Run, store},
    read_only,
};
use serde_json::json;
use sqlx::{Connection, PgPool};
use time::Duration;
use tokio::task::JoinSet;

use crate::support::{START, TestSite, platform::FakePlatform};

const LEARNERS: &str = "SELECT count(*) FROM users";

/// What a run of this instance does with those who have not come for 24 months.
async fn run(site: &TestSite) -> Run {
    retention::run(&site.state.db, site.clock.now(), 24, false)
        .await
        .expect("the database")
}

async fn preview(site: &TestSite) -> Inactive {
    retention::preview(&site.state.db, site.clock.now(), 24)
        .await
        .expect("the database")
}

/// Learners of long ago: made, named and given completions by hand, three years before the test.
async fn insert_old_learners(site: &TestSite, count: i32) {
    sqlx::query(
        "WITH old AS (
             INSERT INTO users (moodle_user_id, name, created_at)
             SELECT 'old-' || n, 'Camille Durand', $2 FROM generate_series(1, $1) AS n RETURNING id
         )
         INSERT INTO progress (user_id, grain_id, module_id, sequence_id, completed_at)
         SELECT id, 'grain1', 'module1', 'sequence1', $2 FROM old",
    )
    .bind(count)
    .bind(START - Duration::days(3 * 365))
    .execute(&site.pool)
    .await
    .expect("learners");
}

/// All that was made by the clock of the database is three years old.
async fn make_old(site: &TestSite) {
    sqlx::query("UPDATE users SET created_at = $1")
        .bind(START - Duration::days(3 * 365))
        .execute(&site.pool)
        .await
        .expect("an update");
}

fn done(learners: u64) -> Run {
    Run::Done { learners }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn each_kind_of_activity_keeps_a_learner_and_without_any_they_go(pool: PgPool) {
    let site = TestSite::new(pool).await;
    insert_old_learners(&site, 6).await;
    let recent = START - Duration::days(700);
    for statement in [
        "UPDATE users SET created_at = $1 WHERE moodle_user_id = 'old-1'",
        "UPDATE progress SET completed_at = $1 WHERE user_id = (SELECT id FROM users WHERE moodle_user_id = 'old-2')",
        "INSERT INTO internal.last_visits SELECT id, $1 FROM users WHERE moodle_user_id = 'old-3'",
        "INSERT INTO internal.sessions SELECT sha256('a'), id, '{}', $1 + interval '701 days'
         FROM users WHERE moodle_user_id = 'old-4'",
        // A new name is no activity: 'old-5' goes, as 'old-6' does.
        "UPDATE users SET name = 'Claude' || $1 WHERE moodle_user_id = 'old-5'",
    ] {
        let done = sqlx::query(statement)
            .bind(recent)
            .execute(&site.pool)
            .await;
        assert_eq!(done.expect(statement).rows_affected(), 1, "{statement}");
    }
    let expected = Inactive {
        learners: 2,
        never_came: 0,
        completions: 2,
    };
    assert_eq!(preview(&site).await, expected);
    assert_eq!(site.count(LEARNERS).await, 6, "a preview erases nobody");
    assert_eq!(run(&site).await, done(2));
    let kept: Vec<String> = sqlx::query_scalar("SELECT moodle_user_id FROM users ORDER BY 1")
        .fetch_all(&site.pool)
        .await
        .expect("learners");
    assert_eq!(kept, ["old-1", "old-2", "old-3", "old-4"]);
    assert_eq!(site.count("SELECT count(*) FROM progress").await, 4);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_session_over_and_a_launch_long_ago_keep_nobody_but_a_launch_of_now_does(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    platform.open(&site, &mut site.browser()).await;
    make_old(&site).await;
    assert_eq!(run(&site).await, done(0), "the session is open");
    site.clock.advance(Duration::days(729));
    assert_eq!(preview(&site).await.learners, 0);
    site.clock.advance(Duration::days(3));
    assert_eq!(preview(&site).await.learners, 1, "24 months have gone by");
    platform.open(&site, &mut site.browser()).await;
    assert_eq!(preview(&site).await.learners, 0);
    assert_eq!(run(&site).await, Run::AfterGap { days: 732 });
    site.clock.advance(Duration::days(1));
    assert_eq!(run(&site).await, done(0));
    assert_eq!(site.count(LEARNERS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn whoever_a_class_list_alone_names_goes_as_late_as_others(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    platform.services.ledger().members.push(json!({
        "status": "Active", "user_id": "77", "name": "Noé Bernard",
        "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    }));
    let mut browser = site.browser();
    platform
        .open_with(&site, &mut browser, crate::support::platform::as_teacher)
        .await;
    site.drain_outbox().await;
    let named = "SELECT count(*) FROM users WHERE moodle_user_id = '77'";
    assert_eq!(site.count(named).await, 1);
    site.execute("UPDATE users SET created_at = '2026-11-14 09:00+00'")
        .await;
    site.clock.advance(Duration::days(729));
    assert_eq!(preview(&site).await.learners, 0);
    site.clock.advance(Duration::days(3));
    let found = preview(&site).await;
    assert!(
        found.never_came >= 1 && found.learners > found.never_came,
        "{found:?}"
    );
    assert!(matches!(run(&site).await, Run::Done { .. }));
    assert_eq!(site.count(named).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn it_runs_once_a_day_whatever_restarts_meanwhile(pool: PgPool) {
    let site = TestSite::new(pool).await;
    insert_old_learners(&site, 1).await;
    assert_eq!(run(&site).await, done(1));
    insert_old_learners(&site, 1).await;
    let other = site.sibling().await;
    for instance in [&site, &other] {
        assert_eq!(run(instance).await, Run::NotDue);
    }
    site.clock.advance(Duration::hours(23));
    assert_eq!(run(&other).await, done(1));
    assert_eq!(run(&site).await, Run::NotDue);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn of_many_instances_that_come_together_one_does_it(pool: PgPool) {
    let site = TestSite::new(pool).await;
    insert_old_learners(&site, 450).await;
    site.learner("42").await;
    let mut runs = JoinSet::new();
    for _ in 0..5 {
        let instance = site.sibling().await;
        runs.spawn(async move { run(&instance).await });
    }
    let mut outcomes = runs.join_all().await;
    outcomes.sort_by_key(|outcome| *outcome != done(450));
    assert_eq!(outcomes[0], done(450), "in several batches");
    assert!(
        outcomes[1..].iter().all(|outcome| *outcome == Run::NotDue),
        "{outcomes:?}"
    );
    assert_eq!(site.count(LEARNERS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn read_only_mode_puts_it_off_and_the_preview_still_answers(pool: PgPool) {
    let site = TestSite::new(pool).await;
    insert_old_learners(&site, 1).await;
    let mut conn = site.pool.acquire().await.expect("a connection");
    for is_on in [true, false] {
        let turned = read_only::set(&mut conn, is_on, Duration::seconds(10)).await;
        assert_eq!(turned.expect("a switch").is_on, is_on);
        assert_eq!(preview(&site).await.learners, 1);
        let expected = if is_on { Run::ReadOnly } else { done(1) };
        assert_eq!(run(&site).await, expected);
    }
    assert_eq!(site.count(LEARNERS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn whoever_comes_back_while_it_runs_stays(pool: PgPool) {
    let site = TestSite::new(pool).await;
    insert_old_learners(&site, 2).await;
    let (now, limit) = (site.clock.now(), retention::limit(site.clock.now(), 24));
    let mut back = site.pool.acquire().await.expect("a connection");
    let mut back = back.begin().await.expect("a transaction");
    sqlx::query("UPDATE users SET name = 'Camille' WHERE moodle_user_id = 'old-1'")
        .execute(&mut *back)
        .await
        .expect("a launch under way");
    let mut conn = site.pool.acquire().await.expect("a connection");
    let mut batch = conn.begin().await.expect("a transaction");
    let held = store::lock_inactive(&mut batch, limit, now, 200).await;
    let held = held.expect("the one whom nobody else holds");
    assert_eq!(held.len(), 1);
    // Committed between the two statements of a batch.
    sqlx::query("INSERT INTO internal.sessions SELECT sha256('a'), user_id, '{}', $2 FROM unnest($1) AS user_id")
        .bind(&held)
        .bind(now + Duration::hours(1))
        .execute(&mut *batch)
        .await
        .expect("a session");
    let erased = store::delete_inactive(&mut batch, &held, limit, now).await;
    assert_eq!(erased.expect("a number"), 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_learner_who_was_erased_begins_anew(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let answer = browser
        .post(&format!("{first}grains/grain1/completion"))
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    make_old(&site).await;
    site.clock.advance(Duration::days(732));
    assert_eq!(run(&site).await, done(1));
    let again = platform.open(&site, &mut browser).await;
    let page = browser.get_framed(&again).await;
    assert!(page.text.contains("0\u{a0}grain sur 29"), "{}", page.main());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_clock_that_jumps_by_ten_years_erases_nobody_and_puts_nothing_off_for_ten_years(
    pool: PgPool,
) {
    let site = TestSite::new(pool).await;
    site.learner_after("42", &["grain1"]).await;
    assert_eq!(run(&site).await, done(0));
    site.clock.advance(Duration::days(3_650));
    assert_eq!(run(&site).await, Run::AfterGap { days: 3_650 });
    assert_eq!(run(&site).await, Run::NotDue, "there is a day to mend it");
    assert_eq!(site.count(LEARNERS).await, 1);
    site.clock.advance(Duration::days(-3_649));
    insert_old_learners(&site, 1).await;
    assert_eq!(
        run(&site).await,
        done(1),
        "the run of the future is not waited for"
    );
    assert_eq!(site.count(LEARNERS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_site_that_was_off_for_long_erases_a_day_later_or_when_told(pool: PgPool) {
    let site = TestSite::new(pool).await;
    assert_eq!(run(&site).await, done(0));
    insert_old_learners(&site, 1).await;
    site.clock.advance(Duration::days(60));
    assert_eq!(run(&site).await, Run::AfterGap { days: 60 });
    site.clock.advance(Duration::hours(23));
    assert_eq!(run(&site).await, done(1));
    insert_old_learners(&site, 1).await;
    site.clock.advance(Duration::days(60));
    let told = retention::run(&site.state.db, site.clock.now(), 24, true).await;
    assert_eq!(told.expect("the database"), done(1));
}
