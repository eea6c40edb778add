//! The signed token that a platform without LTI puts into an iframe's address or that
//! an author's page sends to the JSON API: mint and verify, both pure.
//!
//! A JWT (RFC 7519), HS256 under `EMBED_TOKEN_SECRET`.

pub mod store;

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
    /// The page to open, such as `/grains/grain8`; the course when it is not told.
    pub target: Option<String>,
    /// Its own number: a token that bears one may be used once.
    pub id: Option<String>,
    /// When it ends, UTC.
    pub expires_at: OffsetDateTime,
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
    /// One of its claims is too long, or no page of this site.
    #[error("the claim {0} does not fit")]
    Claim(&'static str),
    /// It may be used once, and was.
    #[error("the token was used before")]
    Used,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
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
    check_texts(&claims)?;
    Ok(EmbedToken {
        moodle_user_id: MoodleUserId::try_from(claims.sub.as_str())?,
        email: claims.email,
        name: claims.name,
        target: claims.target,
        id: claims.jti,
        expires_at: OffsetDateTime::from_unix_timestamp(claims.exp)
            .map_err(|_| TokenError::TooFarAhead)?,
    })
}

/// Refuses texts that the database would refuse, and targets outside this site.
fn check_texts(claims: &Claims) -> Result<(), TokenError> {
    let fits = |text: &Option<String>, longest| {
        text.as_ref()
            .is_none_or(|text| text.chars().count() <= longest && !text.contains(char::is_control))
    };
    let is_path = |text: &String| text.starts_with('/') && !text.starts_with("//");
    for (name, is_sound) in [
        ("email", fits(&claims.email, 320)),
        ("name", fits(&claims.name, 255)),
        ("jti", fits(&claims.jti, 255)),
        ("target", claims.target.as_ref().is_none_or(is_path)),
    ] {
        if !is_sound {
            return Err(TokenError::Claim(name));
        }
    }
    Ok(())
}

/// Signs a token, which lives until its `expires_at`.
///
/// # Errors
/// Those of the signing library; none is known with a secret of the right length.
pub fn mint(token: &EmbedToken, secret: &Secret) -> Result<String, jsonwebtoken::errors::Error> {
    let claims = Claims {
        sub: token.moodle_user_id.as_str().to_owned(),
        exp: token.expires_at.unix_timestamp(),
        email: token.email.clone(),
        name: token.name.clone(),
        target: token.target.clone(),
        jti: token.id.clone(),
    };
    let key = EncodingKey::from_secret(secret.bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

    fn token(lifetime: Duration) -> EmbedToken {
        EmbedToken {
            moodle_user_id: MoodleUserId::try_from("42").expect("a sound identifier"),
            email: Some("camille@example.org".to_owned()),
            name: None,
            target: Some("/grains/grain8".to_owned()),
            id: Some("once".to_owned()),
            expires_at: NOW + lifetime,
        }
    }

    fn secret(text: &str) -> Secret {
        Secret::from_text(text)
    }

    fn minted(lifetime: Duration) -> String {
        mint(&token(lifetime), &secret("s")).expect("a signature")
    }

    fn verdict(text: &str) -> Result<EmbedToken, TokenError> {
        verify(text, &secret("s"), NOW)
    }

    #[test]
    fn a_token_says_who_it_is() {
        assert_eq!(
            verdict(&minted(Duration::hours(1))).expect("a valid token"),
            token(Duration::hours(1))
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
            target: None,
            jti: None,
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
