//! Access tokens, against a signed assertion.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use mini_site::lti::keys;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{FakeServices, Hold, text};
use crate::support::pooler;

/// The claims of an assertion that we signed; the reason why not as Moodle writes it.
async fn verified(services: &FakeServices, assertion: &str) -> Result<Value, Response> {
    let json = |status: StatusCode, body: &str| (status, body.to_owned()).into_response();
    let now = services.ledger().clock.now();
    let db = pooler::database(&services.pool);
    let keys = keys::published(&db, &services.config.secret_key, now)
        .await
        .expect("our keys");
    let named = jsonwebtoken::decode_header(assertion)
        .ok()
        .and_then(|header| header.kid);
    let key = keys
        .iter()
        .find(|key| key["kid"].as_str() == named.as_deref());
    let Some(key) = key else {
        let broken = "{\"error\" : \"\"kid\" invalid, unable to lookup correct key\"}";
        return Err(json(StatusCode::BAD_REQUEST, broken));
    };
    let jwk: Jwk = serde_json::from_value(key.clone()).expect("a key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoding = DecodingKey::from_jwk(&jwk).expect("a public key");
    let Ok(token) = jsonwebtoken::decode::<Value>(assertion, &decoding, &validation) else {
        return Err(json(
            StatusCode::BAD_REQUEST,
            r#"{"error":"Signature verification failed"}"#,
        ));
    };
    let claims = token.claims;
    let (issued, ends) = (claims["iat"].as_i64(), claims["exp"].as_i64());
    if issued.is_none_or(|issued| issued > now.unix_timestamp()) {
        return Err(json(
            StatusCode::BAD_REQUEST,
            r#"{"error":"Cannot handle token with iat prior to now"}"#,
        ));
    }
    if ends.is_none_or(|ends| ends <= now.unix_timestamp()) {
        return Err(json(
            StatusCode::BAD_REQUEST,
            r#"{"error":"Expired token"}"#,
        ));
    }
    let is_known = ["iss", "sub"]
        .iter()
        .all(|name| claims[*name] == services.client_id.as_str());
    let is_new = services.ledger().jtis.insert(claims["jti"].to_string());
    if !is_known || !is_new {
        return Err(json(
            StatusCode::BAD_REQUEST,
            r#"{"error":"invalid_client"}"#,
        ));
    }
    Ok(claims)
}

pub(super) async fn give(
    State(services): State<FakeServices>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    services.pass(Hold::AtToken).await;
    if !services.ledger().reads_our_keys {
        let page = "<!DOCTYPE html><p>fix_jwks_alg(): Argument #1 ($jwks) must be of type array, null given";
        return (
            StatusCode::NOT_FOUND,
            [(header::CONTENT_TYPE, "text/html")],
            page,
        )
            .into_response();
    }
    if text(&headers, header::CONTENT_TYPE) != "application/x-www-form-urlencoded" {
        return (StatusCode::BAD_REQUEST, r#"{"error":"invalid_request"}"#).into_response();
    }
    let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let claims = match verified(&services, &field("client_assertion")).await {
        Ok(claims) => claims,
        Err(refusal) => return refusal,
    };
    let mut ledger = services.ledger();
    let asked = field("scope");
    let granted: Vec<_> = asked
        .split(' ')
        .filter(|scope| ledger.scopes.contains(*scope))
        .collect();
    ledger.token_requests.push(json!({
        "grant_type": field("grant_type"),
        "client_assertion_type": field("client_assertion_type"),
        "scope": asked,
        "claims": claims,
    }));
    if granted.is_empty() {
        return (StatusCode::BAD_REQUEST, r#"{"error":"invalid_scope"}"#).into_response();
    }
    let token = format!("token-{}", ledger.token_requests.len());
    ledger.tokens.insert(token.clone());
    let answer = json!({
        "access_token": token, "token_type": ledger.token_type,
        "expires_in": ledger.token_lifetime, "scope": granted.join(" "),
    });
    (
        [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
        answer.to_string(),
    )
        .into_response()
}
