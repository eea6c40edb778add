//! `GET` and `POST /api/progress`.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use mini_site::{
    config::Secret,
    embed::{self, EmbedToken},
    learner::MoodleUserId,
};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use crate::support::{Answer, EMBED_SECRET, START, TestSite};

pub(crate) fn token(moodle_user_id: &str, email: Option<&str>) -> String {
    let token = EmbedToken {
        moodle_user_id: MoodleUserId::try_from(moodle_user_id).expect("an identifier"),
        email: email.map(str::to_owned),
        name: Some("Camille Durand".to_owned()),
        target: None,
        id: None,
        expires_at: START + Duration::hours(1),
    };
    let secret = Secret::from_text(EMBED_SECRET);
    embed::mint(&token, &secret).expect("a signature")
}

/// A call from a page of another site, with a token.
pub(crate) async fn call(site: &TestSite, path: &str, token: &str, body: Option<&str>) -> Answer {
    let request = Request::builder()
        .uri(path)
        .method(if body.is_some() { "POST" } else { "GET" })
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::ORIGIN, "https://pages.example.org")
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.unwrap_or_default().to_owned()));
    site.browser().send(request.expect("a request")).await
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn what_is_finished_by_a_form_is_read_as_json(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner_after("42", &["grain8", "grain1"]).await;
    let answer = browser.get("/api/progress").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    let report = answer.json();
    assert_eq!(report["user"]["moodle_user_id"], "42");
    assert_eq!(
        report["completed"],
        json!([
            { "grain_id": "grain1", "module_id": "module1", "sequence_id": "sequence1", "completed_at": "2026-11-14T09:01:00Z" },
            { "grain_id": "grain8", "module_id": "module2", "sequence_id": "sequence3", "completed_at": "2026-11-14T09:00:00Z" },
        ])
    );
    assert_eq!(
        report["course"],
        json!({ "id": "course", "done": 2, "total": 29, "percent": 6 })
    );
    assert_eq!(
        report["modules"][0],
        json!({ "id": "module1", "done": 1, "total": 6, "percent": 16 })
    );
    assert_eq!(
        report["sequences"][2],
        json!({ "id": "sequence3", "done": 1, "total": 4, "percent": 25 })
    );
    assert_eq!(report["next"], "grain2");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_grain_is_created_once_and_found_after(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    let body = r#"{"grain_id":"grain8","module_id":"module2","sequence_id":"sequence3"}"#;
    let first = browser.post_json("/api/progress", body).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(first.json()["completed_at"], "2026-11-14T09:00:00Z");
    assert_eq!(
        first.json()["sequence"],
        json!({ "id": "sequence3", "done": 1, "total": 4, "percent": 25 })
    );
    assert_eq!(first.json()["next"], "grain9");
    site.clock.advance(Duration::hours(1));
    let second = browser.post_json("/api/progress", body).await;
    assert_eq!(second.status, StatusCode::OK);
    assert_eq!(
        second.json()["completed_at"],
        "2026-11-14T09:00:00Z",
        "the first time is kept"
    );
    assert_eq!(site.count("SELECT count(*) FROM progress").await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn bodies_that_do_not_fit_are_refused_and_write_nothing(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    let large = format!(r#"{{"grain_id":"{}"}}"#, "x".repeat(70_000));
    for (body, status, code, field) in [
        ("{", 400, "malformed_json", None),
        ("[]", 422, "invalid_body", None),
        ("{}", 422, "invalid_body", None),
        (r#"{"grain_id":8}"#, 422, "invalid_body", None),
        (
            r#"{"grain_id":"grain8","user_id":"7"}"#,
            422,
            "invalid_body",
            None,
        ),
        (
            r#"{"grain_id":"grain99"}"#,
            404,
            "unknown_grain",
            Some("grain_id"),
        ),
        (
            r#"{"grain_id":"grain8","module_id":"module1"}"#,
            422,
            "wrong_place",
            Some("module_id"),
        ),
        (
            r#"{"grain_id":"grain8","sequence_id":""}"#,
            422,
            "wrong_place",
            Some("sequence_id"),
        ),
        (large.as_str(), 413, "too_large", None),
    ] {
        let answer = browser.post_json("/api/progress", body).await;
        assert_eq!(answer.status.as_u16(), status, "{body:.60}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], code, "{body:.60}");
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|message| !message.is_empty())
        );
        assert_eq!(
            error.get("field").and_then(|field| field.as_str()),
            field,
            "{body:.60}"
        );
    }
    assert_eq!(site.count("SELECT count(*) FROM progress").await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_form_is_no_json(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let answer = site.learner("42").await.post("/api/progress").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(answer.json()["error"]["code"], "not_json");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn nobody_reads_or_writes_without_a_session(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.browser();
    let read = browser.get("/api/progress").await;
    let write = browser
        .post_json("/api/progress", r#"{"grain_id":"grain1"}"#)
        .await;
    for answer in [read, write] {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.json()["error"]["code"], "unauthenticated");
    }
    assert_eq!(site.count("SELECT count(*) FROM progress").await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn unknown_addresses_and_methods_of_the_api_answer_as_json(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    let answer = browser.get("/api/nothing").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json()["error"]["code"], "not_found");
    let answer = browser.get("/api/auth/profile").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.json()["error"]["code"], "method_not_allowed");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_page_elsewhere_works_with_a_token_alone(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let token = token("77", Some("camille@example.org"));
    let unknown = call(&site, "/api/progress", &token, None).await;
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
    assert_eq!(unknown.json()["error"]["code"], "no_profile");
    call(
        &site,
        "/api/auth/profile",
        &token,
        Some(r#"{"moodle_user_id":"77"}"#),
    )
    .await;
    let written = call(
        &site,
        "/api/progress",
        &token,
        Some(r#"{"grain_id":"grain1"}"#),
    )
    .await;
    assert_eq!(written.status, StatusCode::CREATED);
    assert_eq!(
        written.header("access-control-allow-origin"),
        "https://pages.example.org"
    );
    let read = call(&site, "/api/progress", &token, None).await;
    assert_eq!(read.json()["course"]["done"], 1);
    assert_eq!(read.json()["user"]["name"], "Camille Durand");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_token_that_is_over_or_forged_says_so(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let token = token("77", None);
    site.clock.advance(Duration::hours(2));
    let over = call(&site, "/api/progress", &token, None).await;
    assert_eq!(over.status, StatusCode::UNAUTHORIZED);
    assert_eq!(over.json()["error"]["message"], "Le jeton a expiré.");
    let forged = call(&site, "/api/progress", "a.b.c", None).await;
    assert_eq!(forged.json()["error"]["code"], "invalid_token");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_document_describes_what_is_there(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let document = site.browser().get("/api/openapi.json").await.json();
    let paths = document["paths"].as_object().expect("paths");
    assert_eq!(
        paths.keys().collect::<Vec<_>>(),
        ["/api/auth/profile", "/api/progress"]
    );
}
