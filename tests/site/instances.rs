//! Two instances on one database, and many requests at once.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
    time::Duration,
};

use axum::http::StatusCode;
use mini_site::{
    config::PoolMode,
    db::{self, Database},
};
use sqlx::{Connection, PgPool, postgres::PgPoolOptions};
use tokio::task::{JoinSet, yield_now};

use crate::support::{TestSite, pooler};

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn fifty_completions_at_once_make_one_row_and_fifty_redirects(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let browser = site.learner("42").await;
    let mut presses = JoinSet::new();
    for _ in 0..50 {
        let mut browser = browser.clone();
        presses.spawn(async move { browser.post("/grains/grain1/completion").await });
    }
    let answers = presses.join_all().await;
    assert_eq!(answers.len(), 50);
    for answer in answers {
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.location(), "/grains/grain2?finished=grain1");
    }
    assert_eq!(site.count("SELECT count(*) FROM progress").await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn what_is_finished_on_one_instance_shows_on_the_other(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let other = site.sibling().await;
    let here = site.learner_after("42", &["grain1"]).await;
    let mut there = other.browser();
    there.cookie = here.cookie;
    assert!(there.get("/").await.text.contains("1\u{a0}grain sur 29"));
}

#[sqlx::test(migrations = false)]
async fn two_instances_that_start_together_both_come_up(pool: PgPool) {
    let start = async |pool: PgPool| {
        db::migrate(&pooler::database(&pool))
            .await
            .expect("migrations");
        TestSite::new(pool).await
    };
    let (one, other) = tokio::join!(start(pool.clone()), start(pool));
    for site in [one, other] {
        assert_eq!(site.browser().get("/").await.status, StatusCode::OK);
        assert_eq!(site.count("SELECT count(*) FROM grains").await, 29);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn more_requests_than_connections_wait_for_their_turn(pool: PgPool) {
    let narrow = PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(Duration::from_secs(2))
        .connect_with(pool.connect_options().as_ref().clone())
        .await
        .expect("a pool of two");
    let site = TestSite::new(narrow).await;
    let browser = site.learner("42").await;
    let mut views = JoinSet::new();
    for _ in 0..100 {
        let mut browser = browser.clone();
        views.spawn(async move { browser.get("/").await.status });
    }
    assert!(
        views
            .join_all()
            .await
            .into_iter()
            .all(|status| status == StatusCode::OK)
    );
}

/// Straight, also when the other tests go through a pooler: which session serves a transaction is the
/// pooler's choice then.
#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_connection_that_did_its_work_serves_the_next_request(pool: PgPool) {
    let db = Database::new(pool, PoolMode::Session);
    let process = async || {
        let mut conn = db.acquire().await.expect("a connection");
        let id: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut *conn)
            .await
            .expect("a number");
        conn.keep().await.expect("a commit");
        id
    };
    assert_eq!(process().await, process().await);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_cancelled_request_leaves_nothing_behind_for_the_next_one(pool: PgPool) {
    let narrow = PgPoolOptions::new()
        .max_connections(3)
        .connect_with(pool.connect_options().as_ref().clone())
        .await
        .expect("a pool of three: one of them is kept aside");
    let site = TestSite::new(narrow).await;
    let slow = async {
        let mut conn = site.state.db.acquire().await.expect("a connection");
        sqlx::query("SELECT pg_sleep(60)")
            .execute(&mut *conn)
            .await
            .expect("never comes to that");
        conn.keep().await.expect("a commit");
    };
    tokio::select! {
        biased;
        () = slow => unreachable!("a minute has not gone by"),
        () = yield_now() => {}
    }
    let mut browser = site.learner("42").await;
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}

/// A request may end at any moment; a transaction that had only just begun must not be met by the
/// next one, whose work would then never be committed.
#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_beginning_that_was_cancelled_does_not_swallow_the_work_of_the_next_request(
    pool: PgPool,
) {
    let narrow = PgPoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(pool.connect_options().as_ref().clone())
        .await
        .expect("a pool of one");
    let site = TestSite::new(narrow.clone()).await;
    let mut browser = site.learner("42").await;
    let db = &site.state.db;
    // Each time it is given up a little later.
    for polls in 1..=16 {
        while narrow.num_idle() == 0 {
            yield_now().await;
        }
        let mut begun: Pin<Box<dyn Future<Output = ()>>> = if polls % 2 == 0 {
            Box::pin(async { drop(db.begin().await) })
        } else {
            Box::pin(async {
                let mut conn = db.acquire().await.expect("a connection");
                drop(conn.begin().await);
            })
        };
        poll_fn(|context| {
            let is_over = (0..polls).any(|_| begun.as_mut().poll(context).is_ready());
            Poll::Ready(is_over)
        })
        .await;
        drop(begun);
        let answer = browser
            .post(&format!("/grains/grain{polls}/completion"))
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM progress")
            .fetch_one(&pool)
            .await
            .expect("a count");
        assert_eq!(kept, polls);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn connections_that_were_cut_are_replaced(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    let mut browser = site.learner("42").await;
    browser.get("/").await;
    let others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut own = pool.acquire().await.expect("a connection");
    sqlx::query(others)
        .execute(&mut *own)
        .await
        .expect("the others are cut");
    let mut answers = Vec::new();
    for _ in 0..10 {
        answers.push(browser.get("/").await.status);
    }
    assert!(answers.contains(&StatusCode::OK), "{answers:?}");
    assert_eq!(answers.last(), Some(&StatusCode::OK), "{answers:?}");
}
