//! Our own keys: rows K01 to K03, and how they are made and replaced.

use axum::http::StatusCode;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{Jwk, ThumbprintHash},
};
use mini_site::{
    config::Secret,
    lti::keys::{self, KeyError, SigningKey},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::support::TestSite;

async fn signing_key(site: &TestSite) -> SigningKey {
    let config = &site.state.config;
    keys::signing_key(&site.state.db, &config.secret_key, site.clock.now())
        .await
        .expect("a key")
}

async fn published(site: &TestSite) -> Vec<Value> {
    let config = &site.state.config;
    keys::published(&site.state.db, &config.secret_key, site.clock.now())
        .await
        .expect("keys")
}

async fn rotate(site: &TestSite) -> keys::Rotation {
    let config = &site.state.config;
    keys::rotate(&site.state.db, &config.secret_key, site.clock.now())
        .await
        .expect("a rotation")
}

fn names(set: &[Value]) -> Vec<&str> {
    set.iter().filter_map(|key| key["kid"].as_str()).collect()
}

/// What a platform does: finds the key that the header names, and checks with it.
fn verifies(set: &[Value], token: &str) -> bool {
    let header = jsonwebtoken::decode_header(token).expect("a header");
    assert_eq!(header.alg, Algorithm::RS256);
    let Some(jwk) = set
        .iter()
        .find(|jwk| jwk["kid"].as_str() == header.kid.as_deref())
    else {
        return false;
    };
    let jwk: Jwk = serde_json::from_value(jwk.clone()).expect("a key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_jwk(&jwk).expect("a public key");
    jsonwebtoken::decode::<Value>(token, &key, &validation).is_ok()
}

/// The key set as platforms read it.
async fn key_set(site: &TestSite) -> Vec<Value> {
    let answer = site.browser().get("/.well-known/jwks.json").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()["keys"].as_array().expect("a list").clone()
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k01_the_key_set_holds_public_parts_alone_and_lives_an_hour(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let set = key_set(&site).await;
    rotate(&site).await;
    assert_eq!(set.len(), 1, "made by the first who asks");
    for key in key_set(&site).await {
        let members: Vec<_> = key.as_object().expect("a key").keys().collect();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!((&key["alg"], &key["use"]), (&json!("RS256"), &json!("sig")));
    }
    let answer = site.browser().get("/.well-known/jwks.json").await;
    let max_age = answer.header("cache-control").split_once("max-age=");
    let (_, seconds) = max_age.expect("a lifetime");
    assert!(
        (1..=3600).contains(&seconds.parse().expect("a number")),
        "{seconds}"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k03_a_platform_can_check_an_assertion_by_each_of_three_published_keys(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let claims = json!({ "iss": "client-1", "sub": "client-1" });
    let sign = async || signing_key(&site).await.sign(&claims).expect("a token");
    let first = sign().await;
    rotate(&site).await;
    site.clock.advance(Duration::hours(25));
    let second = sign().await;
    rotate(&site).await;
    let set = key_set(&site).await;
    assert_eq!(set.len(), 3);
    site.clock.advance(Duration::hours(24));
    let third = sign().await;
    for token in [first, second, third] {
        assert!(
            verifies(&set, &token),
            "{:?}",
            jsonwebtoken::decode_header(&token)
        );
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_first_key_is_made_once_and_kept_sealed(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let first = signing_key(&site).await;
    assert_eq!(signing_key(&site).await.kid, first.kid);
    let kept: Vec<u8> = sqlx::query_scalar("SELECT sealed_key FROM internal.lti_keys")
        .fetch_one(&site.pool)
        .await
        .expect("one key");
    assert!(!String::from_utf8_lossy(&kept).contains("PRIVATE KEY"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn two_instances_that_need_a_key_at_once_agree(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let (one, other) = tokio::join!(signing_key(&site), signing_key(&site));
    assert_eq!(one.kid, other.kid);
    assert_eq!(
        site.count("SELECT count(*) FROM internal.lti_keys").await,
        1
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_instance_whose_clock_is_behind_uses_the_first_key_too(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let first = signing_key(&site).await;
    let config = &site.state.config;
    let behind = site.clock.now() - Duration::seconds(30);
    let same = keys::signing_key(&site.state.db, &config.secret_key, behind).await;
    assert_eq!(same.expect("a key").kid, first.kid);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k02_a_new_key_is_published_a_day_before_it_signs_and_the_old_one_two_days_after(
    pool: PgPool,
) {
    let site = TestSite::in_production(pool).await;
    let old = signing_key(&site).await;
    site.clock.advance(Duration::hours(1));
    let new = rotate(&site).await;
    assert_ne!(new.kid, old.kid);
    assert_eq!(names(&published(&site).await), [&new.kid, &old.kid]);
    site.clock
        .advance(Duration::hours(24) - Duration::seconds(1));
    assert_eq!(signing_key(&site).await.kid, old.kid, "not yet");
    let last = signing_key(&site).await.sign(&json!({})).expect("a token");
    site.clock.advance(Duration::seconds(1));
    assert_eq!(signing_key(&site).await.kid, new.kid);
    site.clock
        .advance(Duration::hours(48) - Duration::seconds(1));
    assert!(verifies(&published(&site).await, &last));
    site.clock.advance(Duration::seconds(1));
    assert_eq!(names(&published(&site).await), [&new.kid]);
    for jwk in published(&site).await {
        let parsed: Jwk = serde_json::from_value(jwk.clone()).expect("a key");
        let thumbprint = parsed.thumbprint(ThumbprintHash::SHA256).expect("a hash");
        assert_eq!(jwk["kid"], json!(thumbprint), "RFC 7638");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_second_rotation_before_the_new_key_signs_changes_nothing(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    signing_key(&site).await;
    let new = rotate(&site).await;
    site.clock.advance(Duration::hours(23));
    let again = rotate(&site).await;
    assert!(new.is_new && !again.is_new);
    assert_eq!((again.kid, again.signs_from), (new.kid, new.signs_from));
    assert_eq!(published(&site).await.len(), 2);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn after_a_change_of_secret_a_rotation_signs_at_once(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let old = signing_key(&site).await;
    let waiting = rotate(&site).await;
    let changed = Secret::from_text("another secret of the site");
    let db = site.state.db.clone();
    let broken = keys::signing_key(&db, &changed, site.clock.now()).await;
    assert!(matches!(broken, Err(KeyError::Sealed(_))), "{broken:?}");
    let new = keys::rotate(&db, &changed, site.clock.now()).await;
    let new = new.expect("a rotation");
    assert_eq!((new.is_new, new.signs_from), (true, site.clock.now()));
    assert_eq!(names(&published(&site).await), [&new.kid, &old.kid]);
    // The key that waited under the former secret never comes to sign.
    assert_ne!(new.kid, waiting.kid);
    site.clock.advance(Duration::hours(25));
    let signs = keys::signing_key(&db, &changed, site.clock.now()).await;
    assert_eq!(signs.expect("a key").kid, new.kid);
}
