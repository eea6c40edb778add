//! Invitations: who may follow one, and how often.

use axum::http::StatusCode;
use sqlx::PgPool;
use time::Duration;

use crate::support::{
    TestSite,
    platform::registrar::{Registrar, invite},
};

const PLATFORMS: &str = "SELECT count(*) FROM lti_platforms";

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_invitation_serves_once(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let code = invite(&site).await;
    let first = Registrar::start(&site).await;
    let second = Registrar::start(&site).await;
    let page = site.browser().get(&first.address(&code, None)).await;
    assert_eq!(page.status, StatusCode::OK);
    let page = site.browser().get(&second.address(&code, None)).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(
        page.text.contains("<code>registration-invite-used</code>"),
        "{}",
        page.text
    );
    assert!(second.seen().is_empty(), "nobody was asked");
    assert_eq!(site.count(PLATFORMS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_invitation_that_two_platforms_use_at_once_serves_one(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let code = invite(&site).await;
    let (first, second) = (Registrar::start(&site).await, Registrar::start(&site).await);
    let addresses = [&first, &second].map(|registrar| registrar.address(&code, None));
    let [mut one, mut other] = [site.browser(), site.browser()];
    let (one, other) = tokio::join!(one.get(&addresses[0]), other.get(&addresses[1]));
    assert_eq!(
        (first.seen().len(), second.seen().len()),
        (2, 2),
        "both came as far as the end"
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::FORBIDDEN]);
    assert_eq!(site.count(PLATFORMS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_invitation_that_waited_a_week_or_was_never_made_opens_nothing(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    let code = invite(&site).await;
    site.clock.advance(Duration::days(7));
    for (code, check) in [(code.as_str(), "expired"), ("guessed", "unknown")] {
        let page = site.browser().get(&registrar.address(code, None)).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        let check = format!("<code>registration-invite-{check}</code>");
        assert!(page.text.contains(&check), "{}", page.text);
        assert!(page.text.contains("mini-site lti invite"));
    }
    assert!(registrar.seen().is_empty(), "nobody was asked");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_invitation_is_kept_as_a_hash_only(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let code = invite(&site).await;
    assert!(code.len() >= 43, "256 bits: {code}");
    assert_ne!(code, invite(&site).await);
    let kept: Vec<String> = sqlx::query_scalar("SELECT i::text FROM internal.lti_invites i")
        .fetch_all(&site.pool)
        .await
        .expect("rows");
    assert!(kept.iter().all(|row| !row.contains(&code)), "{kept:?}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn somebody_who_opens_the_address_in_a_tab_is_told_where_it_belongs(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let code = invite(&site).await;
    let page = site
        .browser()
        .get(&format!("/lti/registration?invite={code}"))
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text.contains("Add LTI Advantage"), "{}", page.text);
    assert!(!page.text.contains(&code));
}
