//! The request for a token and its answer (RFC 6749, section 4.4, and RFC 7523). Pure.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use url::form_urlencoded;

use super::{AccessError, AccessToken};
use crate::lti::{Platform, client::PlatformAnswer};

/// Moodle refuses an assertion from the future, be it of a second.
const ISSUED_BEFORE: Duration = Duration::seconds(5);

/// How long an assertion is good for.
const ASSERTION_LIFETIME: Duration = Duration::seconds(120);

/// The life of a token whose end is not told.
const DEFAULT_LIFETIME: i64 = 3600;

/// No token is kept for longer.
const MAX_LIFETIME: i64 = 24 * 3600;

/// An error code of RFC 6749 is a short word; Moodle's are sentences.
const MAX_CODE_CHARACTERS: usize = 200;

/// Scopes as they travel: sorted, so that the same ones are the same text.
pub(super) fn joined(scopes: &[&str]) -> String {
    let mut scopes = scopes.to_vec();
    scopes.sort_unstable();
    scopes.join(" ")
}

/// Claims that say who we are, good once; `id` makes them unique.
pub(super) fn assertion(platform: &Platform, id: [u8; 16], now: OffsetDateTime) -> Value {
    let issued_at = (now - ISSUED_BEFORE).unix_timestamp();
    json!({
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.token_audience.as_ref().unwrap_or(&platform.token_url),
        "iat": issued_at,
        "exp": issued_at + ASSERTION_LIFETIME.whole_seconds(),
        "jti": BASE64_URL_SAFE_NO_PAD.encode(id),
    })
}

/// The form that is posted.
pub(super) fn body(assertion: &str, scopes: &[&str]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair(
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )
        .append_pair("client_assertion", assertion)
        .append_pair("scope", &joined(scopes))
        .finish()
}

/// The answer, whatever its content type says: Moodle's is `text/html`.
#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    token_type: Option<String>,
    expires_in: Option<Value>,
    scope: Option<String>,
    error: Option<String>,
}

/// Reads the token; without a word on scopes, those that were asked for are granted
/// (RFC 6749, section 5.1).
pub(super) fn read(
    answer: &PlatformAnswer,
    asked: &[&str],
    now: OffsetDateTime,
) -> Result<AccessToken, AccessError> {
    let status = answer.status.as_u16();
    let told: Answer =
        serde_json::from_slice(&answer.body).map_err(|_| AccessError::NotJson(status))?;
    let text = match told.access_token {
        Some(text) if status == 200 && !text.is_empty() => text,
        _ => {
            let code = told.error.unwrap_or_else(|| "without a reason".to_owned());
            let code = code.chars().filter(|letter| !letter.is_control());
            return Err(AccessError::Refused {
                status,
                code: code.take(MAX_CODE_CHARACTERS).collect(),
            });
        }
    };
    let is_bearer = told
        .token_type
        .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    if !is_bearer {
        return Err(AccessError::TokenType);
    }
    let granted = told.scope.unwrap_or_else(|| asked.join(" "));
    Ok(AccessToken {
        text,
        granted: granted.split_whitespace().map(str::to_owned).collect(),
        expires_at: now + Duration::seconds(lifetime_seconds(told.expires_in.as_ref())),
    })
}

/// Some platforms write the number as text.
fn lifetime_seconds(told: Option<&Value>) -> i64 {
    let seconds = told.and_then(|value| match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    });
    seconds.unwrap_or(DEFAULT_LIFETIME).clamp(0, MAX_LIFETIME)
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use time::macros::datetime;

    use super::*;
    use crate::lti::access::scope;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

    fn told(status: u16, body: &str) -> Result<AccessToken, AccessError> {
        let answer = PlatformAnswer {
            status: StatusCode::from_u16(status).expect("a status"),
            body: body.as_bytes().to_vec(),
            ..PlatformAnswer::default()
        };
        read(&answer, &[scope::SCORE], NOW)
    }

    fn token(more: &str) -> AccessToken {
        let body = format!(r#"{{"access_token":"t","token_type":"Bearer"{more}}}"#);
        told(200, &body).expect("a token")
    }

    #[test]
    fn what_is_granted_is_what_the_platform_says_or_else_what_was_asked_for() {
        assert!(token("").grants(scope::SCORE));
        assert!(!token(r#","scope":"a b""#).grants(scope::SCORE));
        assert!(token(r#","scope":"a b""#).grants("b"));
    }

    #[test]
    fn a_lifetime_is_a_number_or_a_text_and_has_bounds() {
        let lives = |more| (token(more).expires_at - NOW).whole_seconds();
        assert_eq!(lives(r#","expires_in":600"#), 600);
        assert_eq!(lives(r#","expires_in":"600""#), 600);
        assert_eq!(lives(""), 3600);
        assert_eq!(lives(r#","expires_in":-5"#), 0);
        assert_eq!(lives(r#","expires_in":9999999999"#), 24 * 3600);
    }

    #[test]
    fn what_is_not_json_is_told_apart_from_a_refusal() {
        // Moodle's answer for an unknown kid.
        let broken = told(
            400,
            r#"{"error" : ""kid" invalid, unable to lookup correct key"}"#,
        );
        assert!(matches!(broken, Err(AccessError::NotJson(400))));
        let page = told(
            404,
            "<!DOCTYPE html><p>Argument #1 ($jwks) must be of type array",
        );
        let error = page.expect_err("no token").to_string();
        assert!(error.contains("cannot read our key set"), "{error}");
        let refused = told(400, r#"{"error":"invalid_client"}"#);
        assert!(
            matches!(refused, Err(AccessError::Refused { status: 400, code }) if code == "invalid_client")
        );
    }

    #[test]
    fn a_token_of_another_type_is_none() {
        let body = r#"{"access_token":"t","token_type":"mac"}"#;
        assert!(matches!(told(200, body), Err(AccessError::TokenType)));
        let bare = r#"{"access_token":"t"}"#;
        assert!(matches!(told(200, bare), Err(AccessError::TokenType)));
    }

    #[test]
    fn the_same_scopes_in_any_order_are_the_same_text() {
        assert_eq!(joined(&["b", "a"]), joined(&["a", "b"]));
    }
}
