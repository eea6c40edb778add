//! Tokens of the platform: rows A01 to A04.

use std::collections::BTreeSet;

use mini_site::lti::services::RefusalReason;
use sqlx::PgPool;
use time::Duration;

use super::Desk;
use crate::support::platform::services::Scripted;

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a01_a_token_is_asked_for_with_a_signed_assertion(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    // A new token is asked for once the first one is over.
    desk.site.clock.advance(Duration::hours(1));
    desk.open_with(|_| {}).await;
    desk.finish(&["grain8"]).await;
    sqlx::query("UPDATE lti_platforms SET token_audience = 'urn:audience'")
        .execute(&desk.site.pool)
        .await
        .expect("an audience");
    desk.drain().await;
    let requests = desk.platform.services.ledger().token_requests.clone();
    let [first, second] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(first["grant_type"], "client_credentials");
    assert_eq!(
        first["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    let claims = &first["claims"];
    assert_eq!(claims["iss"], "client-1");
    assert_eq!(claims["sub"], "client-1");
    assert_eq!(claims["aud"], format!("{}/token.php", desk.platform.issuer));
    let issued = claims["iat"].as_i64().expect("a number");
    let began = desk.site.clock.now() - Duration::hours(1);
    assert_eq!(issued, began.unix_timestamp() - 5);
    let life = claims["exp"].as_i64().expect("a number") - issued;
    assert!((60..=300).contains(&life), "{life}");
    assert_ne!(claims["jti"], second["claims"]["jti"]);
    assert_eq!(second["claims"]["aud"], "urn:audience");
    assert_eq!(desk.history(), [(1, 200), (2, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a01_one_token_serves_until_a_minute_before_its_end(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    for (grain, wait, requests) in [
        ("grain7", 0, 1),
        ("grain8", 3539, 1),
        ("grain9", 1, 2),
        ("grain10", 60, 2),
    ] {
        desk.site.clock.advance(Duration::seconds(wait));
        desk.finish(&[grain]).await;
        desk.drain().await;
        let asked = desk.platform.services.ledger().token_requests.len();
        assert_eq!(asked, requests, "{grain}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a02_bearer_is_understood_in_any_case(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.platform.services.ledger().token_type = "bEARER";
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 200)]);
    let ledger = desk.platform.services.ledger();
    assert_eq!(ledger.posted[0].authorization, "Bearer token-1");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a03_without_the_right_to_send_nothing_is_sent_and_the_teacher_is_told(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    let results = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly";
    desk.platform.services.ledger().scopes = BTreeSet::from([results.to_owned()]);
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), []);
    assert_eq!(desk.jobs().await, 0, "terminal");
    let refusals = desk.refusals().await;
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].refusal.reason, RefusalReason::Scope);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a03_without_the_right_to_read_results_they_are_not_asked_for(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    let score = "https://purl.imsglobal.org/spec/lti-ags/scope/score";
    desk.platform.services.ledger().scopes = BTreeSet::from([score.to_owned()]);
    desk.hold_grade(1.0, Duration::ZERO);
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 409), (1, 200)], "one more try, later");
    let asked = desk.platform.services.ledger().result_requests.clone();
    assert_eq!(asked, [""; 0]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a04_a_token_that_is_not_taken_any_more_is_replaced_once(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    desk.platform.services.ledger().tokens.clear();
    desk.site.clock.advance(Duration::minutes(1));
    desk.finish(&["grain8"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 200), (2, 401), (2, 200)]);
    // A platform that takes none is not asked over and over.
    desk.platform
        .services
        .script_scores([401, 401].map(Scripted::status));
    desk.site.clock.advance(Duration::minutes(1));
    desk.finish(&["grain9"]).await;
    desk.drain().await;
    assert_eq!(desk.history()[3..], [(3, 401), (3, 401)]);
    assert_eq!(desk.jobs().await, 1, "it is tried again later");
}
