//! What the log says of a refusal: the check that failed, and nothing of the person.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use tracing::Level;

use super::row::Log;
use crate::support::{
    TestSite,
    platform::{FakePlatform, KEY, OTHER_KEY, enter},
};

/// The lines about refused requests: their fields.
fn refusals(log: &str) -> Vec<Value> {
    log.lines()
        .filter(|line| line.contains("request refused"))
        .map(|line| serde_json::from_str::<Value>(line).expect("a structured line"))
        .map(|line| line["fields"].clone())
        .collect()
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn each_refusal_is_one_line_that_names_the_check_and_nobody(pool: PgPool) {
    let log = Log::listen_at(Level::TRACE);
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let mut pending = platform.login(&site, &mut browser).await;
    let good = KEY.sign(&pending.claims);
    let unknown = OTHER_KEY.sign(&pending.claims);
    pending.claims["nonce"] = json!("another");
    let wrong = KEY.sign(&pending.claims);
    let mut ids = Vec::new();
    for (token, state) in [
        (&wrong, pending.state.as_str()),
        (&unknown, &pending.state),
        (&good, "a state of nobody"),
    ] {
        let answer = platform.post(&mut browser, state, token).await;
        ids.push(answer.header("x-request-id").to_owned());
    }
    let answer = platform.post(&mut browser, &pending.state, &good).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let first = enter(&mut browser, answer.location()).await;
    browser.get_framed(&first).await;
    let text = log.lines();
    let lines = refusals(&text);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    let checks = ["nonce", "key-unknown", "state-unknown"];
    for ((line, check), id) in lines.iter().zip(checks).zip(ids) {
        assert_eq!(line["check"], check, "{line}");
        assert_eq!(line["request_id"], id, "{line}");
        assert_eq!(line["route"], "/lti/launch", "{line}");
        assert_eq!(line["status"], 401, "{line}");
    }
    let handle = first.split('/').nth(2).expect("a handle");
    let ticket = answer.location().trim_start_matches("/e/");
    let cookies = browser.cookie.take().expect("cookies");
    let values = cookies.split("; ").filter_map(|pair| pair.split_once('='));
    for secret in [
        &good,
        &wrong,
        &pending.state,
        &pending.nonce,
        handle,
        ticket,
    ]
    .into_iter()
    .chain(values.map(|(_, value)| value))
    .chain(["Élodie", "Lefèvre", "eleve1", "sesskey", "ltilaunch6"])
    {
        assert!(!text.contains(secret), "the log tells {secret}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_log_says_why_keys_were_not_read(pool: PgPool) {
    let log = Log::listen();
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    platform.set_keys(StatusCode::BAD_GATEWAY, "");
    let answer = platform
        .launch_with(&site, &mut site.browser(), |_| {})
        .await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.text.contains("jwks_uri"), "{}", answer.text);
    let text = log.lines();
    let lines = refusals(&text);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert_eq!(lines[0]["check"], "keys-unavailable");
    assert_eq!(lines[0]["cause"], "jwks_uri answered with status 502");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_erasure_leaves_the_key_of_who_is_gone_and_nothing_else_of_them(pool: PgPool) {
    let log = Log::listen_at(Level::TRACE);
    let site = TestSite::in_production(pool.clone()).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let key: uuid::Uuid = sqlx::query_scalar("SELECT id FROM users")
        .fetch_one(&pool)
        .await
        .expect("one learner");
    let pairs = [("confirmation", "EFFACER")];
    let answer = browser
        .post_form(&format!("{first}my-data/erasure"), &pairs)
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let text = log.lines();
    let mut lines = text
        .lines()
        .filter(|line| line.contains("erased their data"));
    let line: Value = serde_json::from_str(lines.next().expect("a line")).expect("JSON");
    assert_eq!(line["fields"]["learner.id"], key.to_string());
    for trace in ["Élodie", "eleve1", "EFFACER"] {
        assert!(!text.contains(trace), "the log tells {trace}");
    }
}
