//! A launch: what a platform says of who opens what, checked claim by claim. All of it pure.
//!
//! `token.rs` reads the token and its signature, `error.rs` names each check that can fail,
//! `message.rs` holds what is left when all of them passed, `dialog.rs` what of it is about deep
//! linking. The web calls [`verify`].

mod dialog;
mod error;
mod message;
pub mod store;
mod token;

use serde_json::Value;
use time::{Duration, OffsetDateTime};
use url::Url;

use super::{
    Platform,
    claims::{Claims, name},
    key_set::PlatformKey,
    login::Login,
};
use crate::{learner::MoodleUserId, sealing};

pub use dialog::{DeepLinkingSettings, Opaque};
pub use error::LaunchError;
pub use message::{Context, Gradebook, Launch, Message, Presentation, ResourceLink, Wanted};
pub use token::{TokenHeader, read_header};

/// Clocks of two machines may differ by this much.
const CLOCK_SKEW: Duration = Duration::seconds(60);

/// What a token is held against.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The platform of the login.
    pub platform: &'a Platform,
    /// The login that it must answer.
    pub login: &'a Login,
    /// The public address of this site.
    pub site: &'a Url,
    /// The present moment, UTC.
    pub now: OffsetDateTime,
}

/// Checks a token against its login: signature, times, issuer, audience, nonce, message.
///
/// `keys` are those of the platform that bear the name in the token's header.
///
/// # Errors
/// The first check that failed.
pub fn verify(
    token: &str,
    keys: &[PlatformKey],
    expected: Expected<'_>,
) -> Result<Launch, LaunchError> {
    let claims = token::verify_signature(token, keys)?;
    let claims = Claims(&claims);
    check_issuer(claims, expected.platform)?;
    check_audience(claims, &expected.platform.client_id)?;
    check_times(claims, expected)?;
    check_nonce(claims, expected.login)?;
    let deployment = check_deployment(claims, expected.login)?;
    if claims.required_text(name::VERSION)? != "1.3.0" {
        return Err(LaunchError::Version);
    }
    let subject = subject(claims)?;
    message::read(claims, subject, deployment, expected)
}

fn check_issuer(claims: Claims<'_>, platform: &Platform) -> Result<(), LaunchError> {
    if claims.required_text("iss")? == platform.issuer {
        Ok(())
    } else {
        Err(LaunchError::Issuer)
    }
}

/// `aud` is us; among several, `azp` must say that it is for us
/// (OpenID Connect core, section 3.1.3.7).
fn check_audience(claims: Claims<'_>, client_id: &str) -> Result<(), LaunchError> {
    let audiences: Vec<_> = match claims.required("aud")? {
        Value::String(one) => vec![one.as_str()],
        Value::Array(many) => many
            .iter()
            .map(Value::as_str)
            .collect::<Option<_>>()
            .ok_or(LaunchError::ClaimMalformed("aud"))?,
        _ => return Err(LaunchError::ClaimMalformed("aud")),
    };
    let party = match claims.get("azp") {
        None => None,
        Some(value) => Some(value.as_str().ok_or(LaunchError::ClaimMalformed("azp"))?),
    };
    let is_for_us = audiences.contains(&client_id);
    let is_ours = party.map_or(audiences.len() == 1, |party| party == client_id);
    if is_for_us && is_ours {
        Ok(())
    } else {
        Err(LaunchError::Audience)
    }
}

fn check_times(claims: Claims<'_>, expected: Expected<'_>) -> Result<(), LaunchError> {
    let now = expected.now.unix_timestamp();
    let skew = CLOCK_SKEW.whole_seconds();
    let require = |name| claims.seconds(name)?.ok_or(LaunchError::ClaimMissing(name));
    let (issued_at, expires_at) = (require("iat")?, require("exp")?);
    if expires_at + skew < now {
        return Err(LaunchError::Expired);
    }
    let not_before = claims.seconds("nbf")?;
    let is_ahead = |time| time > now + skew;
    if is_ahead(issued_at) || not_before.is_some_and(is_ahead) {
        return Err(LaunchError::FromTheFuture);
    }
    if issued_at + skew < expected.login.created_at.unix_timestamp() {
        return Err(LaunchError::OlderThanLogin);
    }
    Ok(())
}

fn check_nonce(claims: Claims<'_>, login: &Login) -> Result<(), LaunchError> {
    let nonce = claims.required_text("nonce")?;
    if sealing::is_same(&sealing::hash(nonce), &login.nonce_hash) {
        Ok(())
    } else {
        Err(LaunchError::Nonce)
    }
}

fn check_deployment(claims: Claims<'_>, login: &Login) -> Result<String, LaunchError> {
    let deployment = claims.required_id(name::DEPLOYMENT_ID)?;
    match &login.deployment_hint {
        Some(hint) if hint != deployment => Err(LaunchError::DeploymentMismatch),
        _ => Ok(deployment.to_owned()),
    }
}

fn subject(claims: Claims<'_>) -> Result<MoodleUserId, LaunchError> {
    let text = match claims.get("sub") {
        None => return Err(LaunchError::Anonymous),
        Some(value) => value.as_str().ok_or(LaunchError::ClaimMalformed("sub"))?,
    };
    MoodleUserId::exact(text).map_err(|_| LaunchError::ClaimMalformed("sub"))
}
