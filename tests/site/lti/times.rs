//! Rows T01 to T09: when a token was made, and until when it is good.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::row::Row;
use crate::support::platform::{KEY, enter};

const REFUSED: StatusCode = StatusCode::UNAUTHORIZED;

/// Seconds of the claims as they were signed, moved by so many.
fn moved(claims: &Value, name: &str, by: i64) -> Value {
    json!(claims[name].as_i64().expect("seconds") + by)
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn t01_a_token_of_1970_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.refuses(REFUSED, "expired", |claims| {
        claims["iat"] = json!(11111);
        claims["exp"] = json!(22222);
    })
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn t02_a_token_over_for_half_a_minute_is_within_the_leeway(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for ago in [30, 60] {
        row.accepts(|claims| claims["exp"] = moved(claims, "iat", -ago))
            .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn t03_a_token_over_for_61_seconds_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.refuses(REFUSED, "expired", |claims| {
        claims["exp"] = moved(claims, "iat", -61);
    })
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn t04_a_platform_half_a_minute_ahead_is_within_the_leeway(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for ahead in [30, 60] {
        row.accepts(|claims| {
            claims["iat"] = moved(claims, "iat", ahead);
            claims["nbf"] = claims["iat"].clone();
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn t05_a_token_from_the_future_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for ahead in [61, 300] {
        row.refuses(REFUSED, "from-the-future", |claims| {
            claims["iat"] = moved(claims, "iat", ahead);
            claims["exp"] = moved(claims, "iat", ahead + 60);
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn t06_a_token_may_be_as_old_as_its_login_and_no_older(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for before in [61, 3600] {
        row.refuses(REFUSED, "older-than-login", |claims| {
            claims["iat"] = moved(claims, "iat", -before);
            claims["exp"] = moved(claims, "exp", 3600);
        })
        .await;
    }
    // Somebody reads their mail in the middle of the launch: no age of our own is asked for.
    let Row {
        site,
        platform,
        browser,
    } = &mut row;
    let mut pending = platform.login(site, browser).await;
    let claims = &mut pending.claims;
    claims["iat"] = moved(claims, "iat", -60);
    claims["exp"] = moved(claims, "exp", 3600);
    let token = KEY.sign(claims);
    site.clock.advance(Duration::seconds(599));
    let answer = platform.post(browser, &pending.state, &token).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    enter(browser, answer.location()).await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn t07_a_token_without_its_times_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for name in ["exp", "iat"] {
        let code = format!("claim-missing:{name}");
        row.refuses(REFUSED, &code, |claims| claims[name] = Value::Null)
            .await;
        row.refuses(REFUSED, &code, |claims| {
            claims.as_object_mut().expect("claims").remove(name);
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn t08_times_are_whole_seconds_of_this_age(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let now = row.site.clock.now().unix_timestamp();
    let nonsense = [
        json!(now.to_string()),
        json!(-1),
        json!(-1e9),
        json!(1e300),
        json!(-1e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1_795_344_637.5),
        json!(253_402_300_800_i64),
        json!(true),
        json!([now]),
        json!({}),
    ];
    for name in ["exp", "iat", "nbf"] {
        for value in &nonsense {
            let code = format!("claim-malformed:{name}");
            row.refuses(REFUSED, &code, |claims| claims[name] = value.clone())
                .await;
        }
    }
    row.accepts(|claims| {
        for name in ["exp", "iat"] {
            let seconds = claims[name].as_f64().expect("seconds");
            claims[name] = json!(seconds);
            assert!(claims[name].is_f64());
        }
    })
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn t09_a_token_that_is_not_good_yet_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for ahead in [61, 300] {
        row.refuses(REFUSED, "from-the-future", |claims| {
            claims["nbf"] = moved(claims, "iat", ahead);
        })
        .await;
    }
    row.accepts(|claims| claims["nbf"] = moved(claims, "iat", 60))
        .await;
}
