//! The outbox: nothing is lost by a death at any point, and instances share the work.

use axum::http::StatusCode;
use mini_site::{
    clock::Clock,
    outbox::{self, Outcome},
};
use serde_json::json;
use sqlx::{PgPool, postgres::PgPoolOptions};
use time::Duration;
use tokio::{
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

use crate::{
    process::{Server, url},
    support::{
        Browser, START, TestSite,
        platform::{
            FakePlatform,
            services::{Hold, Scripted},
        },
        pooler,
    },
};

const JOBS: &str = "SELECT count(*) FROM internal.outbox";

/// A learner who is graded for the whole course, in front of it.
async fn opened(site: &TestSite, platform: &FakePlatform) -> (Browser, String) {
    let mut browser = site.browser();
    let page = platform.open(site, &mut browser).await;
    let root: Vec<_> = page.split('/').take(3).collect();
    (browser, root.join("/"))
}

async fn finish(browser: &mut Browser, root: &str, grain: &str) {
    let path = format!("{root}/grains/{grain}/completion");
    let answer = browser.post(&path).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

/// A site, its platform, and a learner who has finished a grain that is not sent yet.
async fn finished(pool: PgPool) -> (TestSite, FakePlatform, Browser, String) {
    let site = TestSite::new(pool).await;
    let platform = FakePlatform::start(&site).await;
    let (mut browser, root) = opened(&site, &platform).await;
    finish(&mut browser, &root, "grain1").await;
    (site, platform, browser, root)
}

/// Sends what is due, somewhere else.
fn drain(site: &TestSite) -> JoinHandle<()> {
    let courier = site.state.courier.clone();
    tokio::spawn(async move {
        courier.run_due().await.expect("the outbox");
    })
}

/// Lets an instance die when its work has come to this point, and another one take over.
async fn dies_at(pool: PgPool, point: Hold) -> (TestSite, FakePlatform) {
    let (site, platform, ..) = finished(pool).await;
    platform.services.hold(point);
    let work = drain(&site);
    platform.services.reached().await;
    work.abort();
    assert!(work.await.expect_err("it died").is_cancelled());
    platform.services.release();
    let heir = site.sibling().await;
    heir.clock.advance(Duration::seconds(119));
    assert_eq!(heir.drain_outbox().await, 0, "it is leased");
    assert_eq!(site.count(JOBS).await, 1, "and not lost");
    heir.clock.advance(Duration::seconds(1));
    assert_eq!(heir.drain_outbox().await, 1);
    assert_eq!(site.count(JOBS).await, 0);
    assert!(platform.services.grade().is_some_and(|grade| grade > 0.6));
    let refused = "SELECT count(*) FROM internal.lti_scores WHERE refused_at IS NOT NULL";
    assert_eq!(site.count(refused).await, 0);
    (site, platform)
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn death_before_the_job_is_claimed_loses_nothing(pool: PgPool) {
    let (site, platform, ..) = finished(pool).await;
    let heir = site.sibling().await;
    assert_eq!(heir.drain_outbox().await, 1);
    assert_eq!(platform.services.history(), [(1, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn death_between_claim_and_call_loses_nothing(pool: PgPool) {
    let (site, platform, ..) = finished(pool).await;
    let claimed = outbox::claim(&site.state.db, site.clock.now(), 8).await;
    assert_eq!(claimed.expect("jobs").len(), 1);
    assert_eq!(site.drain_outbox().await, 0);
    site.clock.advance(outbox::LEASE);
    assert_eq!(site.drain_outbox().await, 1);
    assert_eq!(platform.services.history(), [(1, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn death_while_a_token_is_asked_for_loses_nothing(pool: PgPool) {
    let (_site, platform) = dies_at(pool, Hold::AtToken).await;
    assert_eq!(platform.services.history(), [(1, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn death_while_the_score_is_under_way_loses_nothing(pool: PgPool) {
    let (_site, platform) = dies_at(pool, Hold::BeforeScore).await;
    assert_eq!(platform.services.history().last(), Some(&(1, 200)));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn death_after_the_platform_accepted_costs_a_second_call_and_nothing_else(pool: PgPool) {
    let (_site, platform) = dies_at(pool, Hold::AfterScore).await;
    assert_eq!(platform.services.history(), [(1, 200), (1, 200)]);
}

/// Lets the platform answer a score like this, once all connections to the database are cut.
async fn cut_before(pool: PgPool, answers: Option<Scripted>) -> (TestSite, FakePlatform) {
    let (site, platform, mut browser, root) = finished(pool).await;
    platform.services.script_scores(answers);
    platform.services.hold(Hold::AfterScore);
    let work = drain(&site);
    platform.services.reached().await;
    // One that rested long would be asked for a sign of life.
    browser.get(&format!("{root}/")).await;
    site.cut_connections().await;
    platform.services.release();
    work.await.expect("it ends");
    (site, platform)
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_acceptance_is_noted_although_the_connections_were_cut_meanwhile(pool: PgPool) {
    let (site, platform) = cut_before(pool, None).await;
    assert_eq!(site.count(JOBS).await, 0);
    assert_eq!(platform.services.history(), [(1, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_job_is_put_off_although_the_connections_were_cut_meanwhile(pool: PgPool) {
    let (site, platform) = cut_before(pool, Some(Scripted::status(500))).await;
    let leased = "SELECT count(*) FROM internal.outbox WHERE leased_until IS NOT NULL";
    assert_eq!(site.count(leased).await, 0);
    site.clock.advance(Duration::minutes(2));
    assert_eq!(site.drain_outbox().await, 1);
    assert_eq!(platform.services.history().last(), Some(&(1, 200)));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn death_after_the_acceptance_was_noted_costs_not_even_that(pool: PgPool) {
    let (site, platform, ..) = finished(pool).await;
    site.drain_outbox().await;
    // The job is still there, as if we had died before we could delete it.
    site.execute(
        "INSERT INTO internal.outbox (kind, subject_id, user_id, platform_id, due_at, created_at)
         SELECT 'score', resource_link_id, user_id, platform_id, '2026-01-01Z', '2026-01-01Z'
         FROM internal.lti_scores JOIN users ON users.id = user_id",
    )
    .await;
    assert_eq!(site.drain_outbox().await, 1);
    assert_eq!(platform.services.history(), [(1, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_instance_whose_lease_has_ended_leaves_the_job_to_its_heir(pool: PgPool) {
    let (site, platform, ..) = finished(pool).await;
    platform.services.hold(Hold::AfterScore);
    let slow = drain(&site);
    platform.services.reached().await;
    site.clock.advance(outbox::LEASE);
    let heir = site.sibling().await;
    let other = drain(&heir);
    platform.services.reached().await;
    // The slow one ends first; the job is the heir's.
    platform.services.release_one();
    slow.await.expect("it ends");
    assert_eq!(site.count(JOBS).await, 1);
    platform.services.release();
    other.await.expect("it ends");
    assert_eq!(site.count(JOBS).await, 0);
    assert_eq!(platform.services.history(), [(1, 200), (1, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn what_is_finished_while_a_score_is_under_way_is_sent_after_it(pool: PgPool) {
    let (site, platform, mut browser, root) = finished(pool).await;
    platform.services.hold(Hold::AfterScore);
    let work = drain(&site);
    platform.services.reached().await;
    finish(&mut browser, &root, "grain2").await;
    finish(&mut browser, &root, "grain3").await;
    assert_eq!(site.count(JOBS).await, 1);
    let other = site.sibling().await;
    assert_eq!(other.drain_outbox().await, 0, "one at a time for one cell");
    platform.services.release();
    work.await.expect("it ends");
    assert_eq!(platform.services.history(), [(1, 200), (3, 200)]);
    assert_eq!(site.count(JOBS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_job_that_is_queued_again_begins_again(pool: PgPool) {
    let (site, platform, mut browser, root) = finished(pool).await;
    let answers = [500, 500, 500].map(Scripted::status);
    platform.services.script_scores(answers);
    for _ in 0..3 {
        site.drain_outbox().await;
        site.clock.advance(Duration::minutes(30));
    }
    let attempts = "SELECT attempts::bigint FROM internal.outbox";
    assert_eq!(site.count(attempts).await, 3);
    finish(&mut browser, &root, "grain2").await;
    assert_eq!(site.count(attempts).await, 0);
    site.drain_outbox().await;
    assert_eq!(platform.services.history().last(), Some(&(2, 200)));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_job_is_given_up_aloud_after_weeks_and_lives_again_when_queued(pool: PgPool) {
    let (site, platform, ..) = finished(pool).await;
    platform.services.ledger().reads_our_keys = false;
    let began = site.clock.now();
    let given_up = "SELECT count(*) FROM internal.outbox WHERE given_up_at IS NOT NULL";
    while site.count(given_up).await == 0 {
        site.drain_outbox().await;
        site.clock.advance(Duration::hours(25));
        assert!(site.clock.now() - began < Duration::weeks(8));
    }
    assert!(site.clock.now() - began > Duration::weeks(3));
    let told: (String, String) = sqlx::query_as(
        "SELECT error, refused_reason FROM internal.outbox JOIN internal.lti_scores USING (user_id)",
    )
    .fetch_one(&site.pool)
    .await
    .expect("one job");
    assert!(told.0.contains("cannot read our key set"), "{}", told.0);
    assert_eq!(told.1, "given_up");
    assert_eq!(site.drain_outbox().await, 0);
    platform.services.ledger().reads_our_keys = true;
    let (mut browser, root) = opened(&site, &platform).await;
    finish(&mut browser, &root, "grain2").await;
    site.drain_outbox().await;
    assert_eq!(platform.services.history(), [(2, 200)]);
    let refused = "SELECT count(*) FROM internal.lti_scores WHERE refused_at IS NOT NULL";
    assert_eq!(site.count(refused).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_suspended_platform_is_told_nothing_until_it_is_approved_again(pool: PgPool) {
    let (site, platform, ..) = finished(pool).await;
    site.execute("UPDATE lti_platforms SET status = 'suspended'")
        .await;
    assert_eq!(site.drain_outbox().await, 0);
    site.execute("UPDATE lti_platforms SET status = 'approved'")
        .await;
    assert_eq!(site.drain_outbox().await, 1);
    assert_eq!(platform.services.history(), [(1, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_job_of_a_newer_version_is_left_to_it(pool: PgPool) {
    let (site, ..) = finished(pool).await;
    site.drain_outbox().await;
    site.execute(
        "INSERT INTO internal.outbox (kind, subject_id, platform_id, due_at, created_at)
         SELECT 'badge', gen_random_uuid(), id, '2026-01-01Z', '2026-01-01Z' FROM lti_platforms",
    )
    .await;
    assert_eq!(site.drain_outbox().await, 0);
    assert_eq!(site.count(JOBS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_learner_who_is_erased_takes_their_jobs_along(pool: PgPool) {
    let (site, platform, ..) = finished(pool).await;
    platform.services.hold(Hold::BeforeScore);
    let work = drain(&site);
    platform.services.reached().await;
    site.execute("DELETE FROM users").await;
    platform.services.release();
    work.await.expect("it ends without a word");
    assert_eq!(site.count(JOBS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_learner_without_a_gradebook_queues_nothing(pool: PgPool) {
    let site = TestSite::new(pool).await;
    site.learner_after("42", &["grain1", "grain2"]).await;
    assert_eq!(site.count(JOBS).await, 0);
}

/// A worker that runs until it is told to stop.
fn worker(site: &TestSite) -> (JoinHandle<()>, oneshot::Sender<()>) {
    let (stop, stopped) = oneshot::channel();
    let courier = site.state.courier.clone();
    let run = courier.run(async move { drop(stopped.await) });
    (tokio::spawn(run), stop)
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_worker_wakes_when_a_grain_is_finished_and_stops_after_what_is_under_way(pool: PgPool) {
    let (site, platform, mut browser, root) = finished(pool).await;
    let (worker, stop) = worker(&site);
    // Unasked, it would look again after five seconds.
    let soon = std::time::Duration::from_secs(4);
    for grain in ["grain2", "grain3", "grain4"] {
        platform.services.release();
        while site.count(JOBS).await > 0 {
            tokio::task::yield_now().await;
        }
        platform.services.hold(Hold::AfterScore);
        finish(&mut browser, &root, grain).await;
        tokio::time::timeout(soon, platform.services.reached())
            .await
            .expect("it wakes");
    }
    stop.send(()).expect("it is running");
    tokio::task::yield_now().await;
    assert!(!worker.is_finished(), "a score is under way");
    platform.services.release();
    worker.await.expect("it ends");
    assert_eq!(
        platform.services.history(),
        [(1, 200), (2, 200), (3, 200), (4, 200)]
    );
    assert_eq!(site.count(JOBS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn two_instances_together_send_each_score_once(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let platform = FakePlatform::start(&site).await;
    for learner in 100..120 {
        let learner = learner.to_string();
        platform.services.ledger().gradable.insert(learner.clone());
        let mut browser = site.browser();
        let home = platform
            .open_with(&site, &mut browser, |claims| claims["sub"] = json!(learner))
            .await;
        finish(&mut browser, home.trim_end_matches('/'), "grain1").await;
    }
    let other = site.sibling().await;
    platform.services.hold(Hold::BeforeScore);
    let workers = [worker(&site), worker(&other)];
    platform.services.reached().await;
    platform.services.release();
    while site.count(JOBS).await > 0 {
        tokio::task::yield_now().await;
    }
    for (worker, stop) in workers {
        stop.send(()).expect("it is running");
        worker.await.expect("it ends");
    }
    let ledger = platform.services.ledger();
    assert_eq!(ledger.posted.len(), 20);
    assert_eq!(ledger.grades.len(), 20);
    assert!(ledger.most_at_once <= 2, "{}", ledger.most_at_once);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn many_who_claim_at_once_get_each_job_once_and_two_in_all(pool: PgPool) {
    let site = TestSite::new(pool).await;
    site.leaves_jobs();
    let _platform = FakePlatform::start(&site).await;
    site.execute(
        "INSERT INTO internal.outbox (kind, subject_id, platform_id, due_at, created_at)
         SELECT 'roster', gen_random_uuid(), id, '2026-01-01Z', '2026-01-01Z'
         FROM lti_platforms, generate_series(1, 40)",
    )
    .await;
    let options = site.pool.connect_options().as_ref().clone();
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .connect_lazy_with(options);
    let db = pooler::database(&pool);
    for round in 1..=20 {
        let mut claims = JoinSet::new();
        for _ in 0..8 {
            let (db, now) = (db.clone(), site.clock.now());
            claims.spawn(async move { outbox::claim(&db, now, 8).await.expect("jobs") });
        }
        let jobs: Vec<_> = claims.join_all().await.into_iter().flatten().collect();
        assert_eq!(jobs.len(), 2, "round {round}");
        let mut conn = pool.acquire().await.expect("a connection");
        for job in jobs {
            outbox::settle(&mut conn, &job, &Outcome::Done, job.leased_until, 0.5)
                .await
                .expect("a settlement");
        }
    }
    assert_eq!(site.count(JOBS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_program_that_is_killed_at_any_point_loses_no_score(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    site.clock.advance(Clock::system().now() - START);
    let platform = FakePlatform::start(&site).await;
    platform.services.ledger().clock = Clock::system();
    let (mut browser, root) = opened(&site, &platform).await;
    finish(&mut browser, &root, "grain1").await;
    for point in [Hold::AtToken, Hold::BeforeScore, Hold::AfterScore] {
        platform.services.hold(point);
        let server = Server::start(&url(&pool)).up();
        platform.services.reached().await;
        // SIGKILL.
        drop(server);
        platform.services.release();
        assert_eq!(site.count(JOBS).await, 1, "{point:?}");
        // As if two minutes had gone by.
        site.execute("UPDATE internal.outbox SET leased_until = now() - interval '1 second'")
            .await;
    }
    let server = Server::start(&url(&pool)).up();
    while site.count(JOBS).await > 0 {
        tokio::task::yield_now().await;
    }
    drop(server);
    assert!(platform.services.grade().is_some_and(|grade| grade > 0.6));
    let sent = "SELECT sent_given::bigint FROM internal.lti_scores WHERE refused_at IS NULL";
    assert_eq!(site.count(sent).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn jobs_that_a_wrong_clock_put_years_ahead_are_due_again_once_it_is_right(pool: PgPool) {
    let (site, platform, _browser, _root) = finished(pool).await;
    site.clock.advance(Duration::days(3_650));
    let claimed = outbox::claim(&site.state.db, site.clock.now(), 8).await;
    assert_eq!(
        claimed.expect("the outbox").len(),
        1,
        "and its instance dies"
    );
    site.execute("UPDATE internal.outbox SET due_at = leased_until")
        .await;
    site.clock.advance(Duration::days(-3_650));
    site.drain_outbox().await;
    assert_eq!(site.count(JOBS).await, 1, "it waits for ten years");
    let mut conn = site.pool.acquire().await.expect("a connection");
    let brought = outbox::bring_back(&mut conn, site.clock.now()).await;
    assert_eq!(brought.expect("the database"), 1);
    site.drain_outbox().await;
    assert_eq!(site.count(JOBS).await, 0);
    drop(platform);
}
