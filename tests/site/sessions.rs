//! Sessions: hashed in the database, read once for a page, ended at once here and soon elsewhere.

use axum::http::StatusCode;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use time::Duration;
use tower_sessions::{SessionStore, session::Id};

use crate::support::TestSite;

const COUNT: &str = "SELECT count(*) FROM internal.sessions";

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_table_holds_a_hash_of_the_id_and_no_trace_of_the_id(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let browser = site.learner("42").await;
    let cookie = browser.cookie.expect("a cookie");
    let id: Id = cookie
        .split_once('=')
        .expect("a pair")
        .1
        .parse()
        .expect("an id");
    let hash = Sha256::digest(id.0.to_be_bytes()).to_vec();
    let (kept, row): (Vec<u8>, String) =
        sqlx::query_as("SELECT id_hash, sessions::text FROM internal.sessions AS sessions")
            .fetch_one(&site.pool)
            .await
            .expect("one session");
    assert_eq!(kept, hash);
    assert!(!row.contains(&id.to_string()));
    assert!(!row.contains(&id.0.to_string()));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_cookie_says_nothing_to_scripts_and_to_other_sites(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let answer = site.browser().get("/?moodle_user_id=42").await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("session="), "{cookie}");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
    assert!(cookie.contains("; Path=/"), "{cookie}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_page_view_writes_nothing_but_one_extension_in_ten_minutes(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    let expiry = "SELECT extract(epoch FROM expires_at)::bigint FROM internal.sessions";
    let written = "SELECT xmin::text::bigint FROM internal.sessions";
    let (start, first_write) = (site.count(expiry).await, site.count(written).await);
    for _ in 0..5 {
        site.clock.advance(Duration::seconds(119));
        browser.get("/").await;
    }
    assert_eq!(
        site.count(written).await,
        first_write,
        "nothing is written within ten minutes"
    );
    for _ in 0..3 {
        site.clock.advance(Duration::seconds(3));
        browser.get("/").await;
    }
    assert_eq!(
        site.count(expiry).await,
        start + 5 * 119 + 6,
        "one extension after ten minutes"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_session_ends_after_a_week_without_a_page(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    site.clock.advance(Duration::days(6));
    assert!(browser.get("/").await.text.contains("Apprenant·e\u{a0}42"));
    site.clock.advance(Duration::days(6));
    assert!(
        browser.get("/").await.text.contains("Apprenant·e\u{a0}42"),
        "extended by the visit"
    );
    site.clock.advance(Duration::days(7));
    assert!(!browser.get("/").await.text.contains("Apprenant·e\u{a0}42"));
    let answer = browser.post("/grains/grain1/completion").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn sessions_that_are_over_are_deleted_and_others_stay(pool: PgPool) {
    let site = TestSite::new(pool).await;
    site.learner("old").await;
    site.clock.advance(Duration::days(6));
    site.learner("new").await;
    site.clock.advance(Duration::days(1));
    assert_eq!(
        site.state.sessions.delete_expired().await.expect("a purge"),
        1
    );
    assert_eq!(site.count(COUNT).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_session_ended_elsewhere_is_honoured_within_two_seconds(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    browser.get("/").await;
    let id: Id = browser
        .cookie
        .as_deref()
        .and_then(|cookie| cookie.split_once('='))
        .and_then(|(_, id)| id.parse().ok())
        .expect("an id");
    site.sibling()
        .await
        .state
        .sessions
        .delete(&id)
        .await
        .expect("a sign-out elsewhere");
    site.clock.advance(Duration::seconds(2));
    assert!(!browser.get("/").await.text.contains("Apprenant·e\u{a0}42"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_session_ended_here_is_over_at_once(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    assert!(browser.get("/").await.text.contains("Apprenant·e\u{a0}42"));
    let id: Id = browser
        .cookie
        .as_deref()
        .and_then(|cookie| cookie.split_once('='))
        .and_then(|(_, id)| id.parse().ok())
        .expect("an id");
    site.state.sessions.delete(&id).await.expect("a sign-out");
    assert!(!browser.get("/").await.text.contains("Apprenant·e\u{a0}42"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_erased_learner_is_nobody_within_two_seconds_and_writes_nothing(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner_after("42", &["grain1"]).await;
    browser.get("/").await;
    site.execute("DELETE FROM users").await;
    let at_once = browser.post("/grains/grain2/completion").await;
    assert_eq!(at_once.status, StatusCode::UNAUTHORIZED);
    site.clock.advance(Duration::seconds(2));
    let home = browser.get("/").await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(!home.text.contains("Apprenant·e\u{a0}42"));
    assert_eq!(site.count(COUNT).await, 0, "sessions go with the learner");
    assert_eq!(site.count("SELECT count(*) FROM progress").await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_corrected_name_shows_within_two_seconds(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    browser.get("/").await;
    site.execute("UPDATE users SET name = 'Élodie d’Ormesson & fils'")
        .await;
    site.clock.advance(Duration::seconds(2));
    assert!(
        browser
            .get("/")
            .await
            .text
            .contains("Élodie d’Ormesson &#38; fils")
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_header_opens_a_session_in_development(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let request = axum::http::Request::get("/").header("x-moodle-user-id", "42");
    let mut browser = site.browser();
    let answer = browser
        .send(request.body(axum::body::Body::empty()).expect("a request"))
        .await;
    assert!(answer.text.contains("Apprenant·e\u{a0}42"));
    assert!(
        browser.get("/").await.text.contains("Apprenant·e\u{a0}42"),
        "the cookie carries on"
    );
    assert_eq!(site.count("SELECT count(*) FROM users").await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn in_production_the_development_login_means_nothing(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let mut browser = site.browser();
    let by_address = browser.get("/?moodle_user_id=42").await;
    assert_eq!(by_address.status, StatusCode::OK);
    let request = axum::http::Request::get("/").header("x-moodle-user-id", "42");
    browser
        .send(request.body(axum::body::Body::empty()).expect("a request"))
        .await;
    assert_eq!(browser.cookie, None);
    assert!(!by_address.text.contains("42"));
    assert_eq!(site.count("SELECT count(*) FROM users").await, 0);
    assert_eq!(site.count(COUNT).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_nonsensical_identifier_makes_nobody(pool: PgPool) {
    let site = TestSite::new(pool).await;
    for text in ["", "%20", "a%00b", &"x".repeat(256)] {
        let answer = site
            .browser()
            .get(&format!("/?moodle_user_id={text}"))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{text:?}");
    }
    assert_eq!(site.count("SELECT count(*) FROM users").await, 0);
}
