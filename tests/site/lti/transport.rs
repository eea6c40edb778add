//! What every page for platforms says and refuses, whoever asks: rows K10 to K12.

use std::collections::HashMap;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use mini_site::config::Config;
use sqlx::PgPool;
use time::Duration;

use crate::support::{TestSite, platform::FakePlatform};

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k10_pages_may_stand_in_frames_of_approved_platforms_only(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let home = platform.open(&site, &mut browser).await;
    let page = browser.get_framed(&home).await;
    let refusal = browser.get("/lti/login").await;
    assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
    for answer in [&page, &refusal] {
        // Beside it stands the origin that signs tokens (EMBED_ORIGINS).
        let ancestors = [&platform.issuer, "https://pages.example.org"];
        assert_eq!(answer.frame_ancestors(), ancestors);
        assert!(!answer.headers.contains_key("x-frame-options"));
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    for (status, is_named) in [("pending", false), ("approved", true), ("suspended", false)] {
        sqlx::query("UPDATE lti_platforms SET status = $1")
            .bind(status)
            .execute(&site.pool)
            .await
            .expect("a change");
        site.clock.advance(Duration::seconds(1));
        let answer = browser.get("/").await;
        let is_found = answer.frame_ancestors().contains(&platform.issuer.as_str());
        assert_eq!(is_found, is_named, "{status}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k10_a_platform_just_approved_may_hold_the_page_that_its_launch_opens(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let say = async |status: &str| {
        sqlx::query("UPDATE lti_platforms SET status = $1")
            .bind(status)
            .execute(&site.pool)
            .await
            .expect("a change");
    };
    say("pending").await;
    // A page tells the site who may hold its pages, and the site remembers it.
    let before = browser.get("/").await;
    assert!(!before.frame_ancestors().contains(&platform.issuer.as_str()));
    say("approved").await;
    // Not a second later.
    let home = platform.open(&site, &mut browser).await;
    let page = browser.get_framed(&home).await;
    assert!(page.frame_ancestors().contains(&platform.issuer.as_str()));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k11_a_post_of_another_origin_to_an_action_of_a_learner_is_refused(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let home = platform.open(&site, &mut browser).await;
    let action = format!("{home}grains/grain1/completion");
    // Not even the platform, whose page holds ours, may press the button.
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("origin", platform.issuer.as_str()),
        ("origin", "https://evil.example"),
    ] {
        let request = Request::post(&action).header(name, value);
        let answer = browser
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert_eq!(site.count("SELECT count(*) FROM progress").await, 0);
    let ours = Request::post(&action).header(header::ORIGIN, "https://cours.example.org");
    let answer = browser
        .send(ours.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

#[test]
fn k12_an_http_address_of_the_site_is_refused_except_localhost() {
    let verdict = |url: &str| {
        let variables = HashMap::from([
            ("DATABASE_URL", "postgres://localhost/none".to_owned()),
            (
                "SECRET_KEY",
                "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned(),
            ),
            ("API_URL", url.to_owned()),
        ]);
        Config::from_variables(&variables).map_or_else(|error| error.to_string(), |_| String::new())
    };
    for url in [
        "http://cours.example.org",
        "http://10.0.0.1",
        "http://localhost.example.org",
    ] {
        assert!(
            verdict(url).contains("API_URL: "),
            "{url}: {}",
            verdict(url)
        );
    }
    for url in [
        "https://cours.example.org",
        "http://localhost:3000",
        "http://127.0.0.1:3000",
    ] {
        assert_eq!(verdict(url), "", "{url}");
    }
}
