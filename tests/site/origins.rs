//! Changes of state are taken from our own pages only; every page says what it allows.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use sqlx::PgPool;

use crate::support::{ORIGIN, TestSite};

const COUNT: &str = "SELECT count(*) FROM progress";

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn posts_of_other_sites_get_a_page_that_says_why(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("x-nothing", "at all"),
    ] {
        for path in [
            "/grains/grain1/completion",
            "/grains/grain1/completion/undo",
            "/my-data/erasure",
        ] {
            let request = Request::post(path).header(name, value).body(Body::empty());
            let answer = browser.send(request.expect("a request")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
            assert!(
                answer
                    .text
                    .contains("Elle ne venait pas d’une page de ce site")
            );
            assert!(answer.text.contains("href=\"/\""), "a way onwards");
        }
    }
    assert_eq!(site.count(COUNT).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_browser_that_tells_only_its_origin_is_believed(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    let request = Request::post("/grains/grain1/completion").header(header::ORIGIN, ORIGIN);
    let answer = browser
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_script_of_another_site_cannot_use_the_session(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    let request = Request::post("/api/progress")
        .header("sec-fetch-site", "cross-site")
        .header(header::ORIGIN, "https://pages.example.org")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(r#"{"grain_id":"grain1"}"#));
    let answer = browser.send(request.expect("a request")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.json()["error"]["code"], "foreign_origin");
    assert_eq!(site.count(COUNT).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn only_listed_origins_may_read_the_api(pool: PgPool) {
    let site = TestSite::new(pool).await;
    for (origin, allowed) in [
        ("https://pages.example.org", "https://pages.example.org"),
        ("https://evil.example", ""),
    ] {
        let preflight = Request::options("/api/progress")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(
                header::ACCESS_CONTROL_REQUEST_HEADERS,
                "authorization,content-type",
            );
        let answer = site
            .browser()
            .send(preflight.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            allowed,
            "{origin}"
        );
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    let page = Request::get("/").header(header::ORIGIN, "https://pages.example.org");
    let answer = site
        .browser()
        .send(page.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "",
        "pages are for nobody else"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn every_page_bears_its_policy_and_is_kept_by_nobody(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    for path in [
        "/",
        "/modules/module1",
        "/sequences/sequence1",
        "/grains/grain1",
        "/nowhere",
    ] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert!(policy.contains("frame-ancestors"), "{path}");
        assert_eq!(
            answer.header("cache-control"),
            "private, no-store",
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("x-request-id").len(), 9, "{path}");
        assert!(
            !answer.text.contains("<style") && !answer.text.contains(" style="),
            "{path}"
        );
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn pages_are_compressed_when_asked(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let request = Request::get("/grains/grain1").header(header::ACCEPT_ENCODING, "gzip, br");
    let answer = site
        .browser()
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(answer.header("content-encoding"), "br");
}
