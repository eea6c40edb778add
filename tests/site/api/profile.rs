//! `POST /api/auth/profile`.

use axum::http::StatusCode;
use sqlx::PgPool;

use super::progress::{call, token};
use crate::support::TestSite;

const PATH: &str = "/api/auth/profile";

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_profile_is_made_once_and_found_after(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let token = token("77", Some("camille@example.org"));
    let body = r#"{"moodle_user_id":"77"}"#;
    let first = call(&site, PATH, &token, Some(body)).await;
    let second = call(&site, PATH, &token, Some(body)).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(second.status, StatusCode::OK);
    assert_eq!(first.json(), second.json());
    assert_eq!(first.json()["email"], "camille@example.org");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_token_opens_its_own_profile_only(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let token = token("77", Some("camille@example.org"));
    let other = call(&site, PATH, &token, Some(r#"{"moodle_user_id":"78"}"#)).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    assert_eq!(other.json()["error"]["field"], "moodle_user_id");
    let body = r#"{"moodle_user_id":"77","email":"evil@example.org"}"#;
    let email = call(&site, PATH, &token, Some(body)).await;
    assert_eq!(email.status, StatusCode::FORBIDDEN);
    assert_eq!(email.json()["error"]["field"], "email");
    assert_eq!(site.count("SELECT count(*) FROM users").await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn in_development_a_profile_needs_no_token_and_opens_a_session(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.browser();
    let body = r#"{"moodle_user_id":"42","email":"a@example.org"}"#;
    assert_eq!(
        browser.post_json(PATH, body).await.status,
        StatusCode::CREATED
    );
    assert_eq!(
        browser.get("/api/progress").await.json()["user"]["email"],
        "a@example.org"
    );
    for body in [
        r#"{"moodle_user_id":""}"#,
        r#"{"moodle_user_id":"1","email":"no"}"#,
    ] {
        let answer = browser.post_json(PATH, body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.json()["error"]["code"], "invalid_field");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn in_production_nobody_gets_in_without_a_token(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let answer = site
        .browser()
        .post_json(PATH, r#"{"moodle_user_id":"42"}"#)
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let closed = call(&site, PATH, "a.b.c", Some(r#"{"moodle_user_id":"42"}"#)).await;
    assert_eq!(
        closed.status,
        StatusCode::UNAUTHORIZED,
        "no secret, no entrance"
    );
    assert_eq!(site.count("SELECT count(*) FROM users").await, 0);
}
