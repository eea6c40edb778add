//! The course, its modules and its sequences.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::support::TestSite;

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_fresh_learner_is_invited_to_begin(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let home = site.learner("42").await.get("/").await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(home.text.contains("Commencer"));
    assert!(home.text.contains("href=\"/grains/grain1\""));
    assert!(home.text.contains("0\u{a0}grain sur 29"));
    assert!(home.text.contains("Apprenant·e\u{a0}42"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn one_goes_on_where_one_stopped(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let home = site
        .learner_after("42", &["grain1", "grain8"])
        .await
        .get("/")
        .await;
    assert!(home.text.contains("Reprendre"));
    assert!(home.text.contains("href=\"/grains/grain9\""));
    assert!(home.text.contains("2\u{a0}grains sur 29"));
    let other_browser = site.learner("42").await.get("/").await;
    assert!(
        other_browser.text.contains("href=\"/grains/grain9\""),
        "in any browser"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn two_learners_do_not_mix(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut one = site.learner_after("1", &["grain1", "grain2"]).await;
    let mut two = site.learner_after("2", &["grain1"]).await;
    assert!(one.get("/").await.text.contains("2\u{a0}grains sur 29"));
    let home = two.get("/").await;
    assert!(home.text.contains("1\u{a0}grain sur 29") && home.text.contains("Apprenant·e\u{a0}2"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn without_a_session_everything_can_be_read_and_nothing_is_marked(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    for path in [
        "/",
        "/modules/module2",
        "/sequences/sequence3",
        "/grains/grain8",
    ] {
        let answer = site.browser().get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.text.contains("<progress"), "{path}");
        assert!(!answer.text.contains("<form"), "{path}");
    }
    let grain = site.browser().get("/grains/grain8").await;
    assert!(
        grain
            .text
            .contains("Votre progression est gardée quand vous ouvrez ce cours depuis Moodle")
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn every_grain_and_every_link_of_the_site_answers(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    let mut seen = std::collections::BTreeSet::new();
    let mut ahead = vec!["/".to_owned()];
    while let Some(path) = ahead.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        if !answer.header("content-type").starts_with("text/html") {
            continue;
        }
        for attribute in ["href=\"", "src=\""] {
            for part in answer.text.split(attribute).skip(1) {
                let link = part.split('"').next().unwrap_or_default();
                let link = link.split('#').next().unwrap_or_default();
                let is_away = link.starts_with("http") || link.starts_with("mailto:");
                assert!(
                    is_away || link.is_empty() || link.starts_with('/'),
                    "{path}: {link}"
                );
                if link.starts_with('/') {
                    ahead.push(link.to_owned());
                }
            }
        }
    }
    let grains = seen
        .iter()
        .filter(|path| path.starts_with("/grains/"))
        .count();
    let figures = seen
        .iter()
        .filter(|path| path.starts_with("/assets/figures/"))
        .count();
    assert_eq!((grains, figures), (29, 14));
}
