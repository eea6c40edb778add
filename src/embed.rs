//! The signed token that a platform without LTI puts into an iframe's address or that
//! an author's page sends to the JSON API: mint and verify, both pure.
//!
//! A JWT (RFC 7519), HS256 under `EMBED_TOKEN_SECRET`.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    config::Secret,
    learner::{MoodleUserId, MoodleUserIdError},
};

/// The longest life a token may have left when it is shown.
pub const MAX_LIFETIME: Duration = Duration::hours(12);

/// The longest token that is looked at, in bytes.
pub const MAX_BYTES: usize = 4096;

/// Clocks of two machines may differ by this much.
const CLOCK_SKEW: Duration = Duration::seconds(60);

/// What a valid token says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EmbedToken {
    /// Who it is at the platform.
    pub moodle_user_id: MoodleUserId,
    /// Their address, if told.
    pub email: Option<String>,
    /// Their name, if told.
    pub name: Option<String>,
}

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Longer than [`MAX_BYTES`].
    #[error("the token has {0} bytes, at most {MAX_BYTES} are accepted")]
    TooLong(usize),
    /// No JWT, another algorithm, a wrong signature, a claim of the wrong type.
    #[error("the token is ill-formed or not signed with our secret")]
    Signature(#[source] jsonwebtoken::errors::Error),
    /// Its `exp` is over.
    #[error("the token has expired")]
    Expired,
    /// Its `exp` is further away than [`MAX_LIFETIME`].
    #[error("the token lives too long: exp may be 12 hours ahead at most")]
    TooFarAhead,
    /// Its `sub` names nobody.
    #[error("sub: {0}")]
    Subject(#[from] MoodleUserIdError),
}

/// Claims as they travel (RFC 7519, section 4.1).
#[derive(Debug, Deserialize, Serialize)]
struct Claims {
    sub: String,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Checks a token at the time `now` (UTC).
///
/// # Errors
/// Names the first check that failed.
pub fn verify(token: &str, secret: &Secret, now: OffsetDateTime) -> Result<EmbedToken, TokenError> {
    if token.len() > MAX_BYTES {
        return Err(TokenError::TooLong(token.len()));
    }
    let mut validation = Validation::new(Algorithm::HS256);
    // The time is ours to check, against a clock that tests can set.
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(secret.bytes());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map_err(TokenError::Signature)?
        .claims;
    if claims.exp <= (now - CLOCK_SKEW).unix_timestamp() {
        return Err(TokenError::Expired);
    }
    if claims.exp > (now + MAX_LIFETIME + CLOCK_SKEW).unix_timestamp() {
        return Err(TokenError::TooFarAhead);
    }
    Ok(EmbedToken {
        moodle_user_id: MoodleUserId::try_from(claims.sub.as_str())?,
        email: claims.email,
        name: claims.name,
    })
}

/// Signs a token that lives until `expires_at` (UTC).
///
/// # Errors
/// Those of the signing library; none is known with a secret of the right length.
pub fn mint(
    token: &EmbedToken,
    secret: &Secret,
    expires_at: OffsetDateTime,
) -> Result<String, jsonwebtoken::errors::Error> {
    let claims = Claims {
        sub: token.moodle_user_id.as_str().to_owned(),
        exp: expires_at.unix_timestamp(),
        email: token.email.clone(),
        name: token.name.clone(),
    };
    let key = EncodingKey::from_secret(secret.bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

    fn token() -> EmbedToken {
        EmbedToken {
            moodle_user_id: MoodleUserId::try_from("42").expect("a sound identifier"),
            email: Some("camille@example.org".to_owned()),
            name: None,
        }
    }

    fn secret(text: &str) -> Secret {
        Secret::from_text(text)
    }

    fn minted(lifetime: Duration) -> String {
        mint(&token(), &secret("s"), NOW + lifetime).expect("a signature")
    }

    fn verdict(text: &str) -> Result<EmbedToken, TokenError> {
        verify(text, &secret("s"), NOW)
    }

    #[test]
    fn a_token_says_who_it_is() {
        assert_eq!(
            verdict(&minted(Duration::hours(1))).expect("a valid token"),
            token()
        );
    }

    #[test]
    fn another_secret_and_a_changed_letter_are_refused() {
        let text = minted(Duration::hours(1));
        let other = verify(&text, &secret("t"), NOW);
        assert!(matches!(other, Err(TokenError::Signature(_))));
        let changed = text.replacen('.', ".A", 1);
        assert!(matches!(verdict(&changed), Err(TokenError::Signature(_))));
    }

    #[test]
    fn a_token_without_signature_is_refused() {
        // {"alg":"none"} . {"sub":"42","exp":1795345200} .
        let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiIsImV4cCI6MTc5NTM0NTIwMH0.";
        assert!(matches!(verdict(none), Err(TokenError::Signature(_))));
    }

    #[test]
    fn an_expired_token_and_one_for_ever_are_refused() {
        assert!(matches!(
            verdict(&minted(-Duration::hours(1))),
            Err(TokenError::Expired)
        ));
        assert!(matches!(
            verdict(&minted(Duration::hours(13))),
            Err(TokenError::TooFarAhead)
        ));
    }

    #[test]
    fn an_oversized_token_is_not_looked_at() {
        assert!(matches!(
            verdict(&"a".repeat(5000)),
            Err(TokenError::TooLong(5000))
        ));
    }

    #[test]
    fn a_token_must_name_somebody() {
        let claims = Claims {
            sub: " ".to_owned(),
            exp: NOW.unix_timestamp() + 60,
            email: None,
            name: None,
        };
        let key = EncodingKey::from_secret(b"s");
        let text = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
            .expect("a signature");
        assert!(matches!(
            verdict(&text),
            Err(TokenError::Subject(MoodleUserIdError::Empty))
        ));
    }
}
