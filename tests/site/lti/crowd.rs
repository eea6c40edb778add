//! A lecture hall opens the course at once.

use std::time::Instant;

use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::support::{TestSite, platform::FakePlatform};

const PEOPLE: usize = 500;

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn five_hundred_learners_at_once_land_each_in_their_own_session(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut launches = JoinSet::new();
    for number in 0..PEOPLE {
        let (site, platform) = (site.clone(), platform.clone());
        launches.spawn(async move {
            let began = Instant::now();
            let mut browser = site.browser();
            browser.keeps_cookies = number % 2 == 0;
            let first = platform
                .open_with(&site, &mut browser, |claims| {
                    claims["sub"] = json!(number.to_string());
                    claims["name"] = json!(format!("Personne {number}."));
                })
                .await;
            let took = began.elapsed();
            let page = browser.get_framed(&first).await;
            assert_eq!(page.status, StatusCode::OK, "{}", page.text);
            let name = format!("</span>Personne {number}.</a>");
            assert!(page.text.contains(&name), "{}", page.text);
            took
        });
    }
    let mut times = launches.join_all().await;
    times.sort_unstable();
    println!(
        "{PEOPLE} launches at once: p50 {:?}, p99 {:?}",
        times[PEOPLE / 2],
        times[PEOPLE * 99 / 100]
    );
    assert_eq!(site.count("SELECT count(*) FROM users").await, 500);
    assert_eq!(
        site.count("SELECT count(*) FROM internal.sessions").await,
        500
    );
    assert_eq!(
        site.count("SELECT count(DISTINCT user_id) FROM internal.sessions")
            .await,
        500
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_launch_that_tells_nothing_new_does_not_touch_what_the_class_shares(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let written = "SELECT sum(xmin::text::bigint)::bigint FROM (
        SELECT xmin FROM lti_deployments UNION ALL SELECT xmin FROM lti_contexts
        UNION ALL SELECT xmin FROM lti_resource_links
    ) AS kept";
    platform.open(&site, &mut site.browser()).await;
    let before = site.count(written).await;
    let mut browser = site.browser();
    let another = platform.open_with(&site, &mut browser, |claims| claims["sub"] = json!("5"));
    another.await;
    assert_eq!(site.count(written).await, before);
    // What is new is taken over.
    let mut browser = site.browser();
    let renamed = platform.open_with(&site, &mut browser, |claims| {
        for claim in ["context", "resource_link"] {
            let claim = format!("https://purl.imsglobal.org/spec/lti/claim/{claim}");
            claims[claim]["title"] = json!("Un autre titre");
        }
    });
    renamed.await;
    let titles = "SELECT count(*) FROM lti_contexts AS context JOIN lti_resource_links AS link ON context_id = context.id
        WHERE context.title = 'Un autre titre' AND link.title = 'Un autre titre'";
    assert_eq!(site.count(titles).await, 1);
}
