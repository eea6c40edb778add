//! The token as it travels: its header, its signature, its claims; no claim is judged here.
//!
//! RFC 7515 and 7519; the algorithm is RS256 and no other
//! (<https://www.imsglobal.org/spec/security/v1p1#id-token>).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, crypto};
use serde_json::{Map, Value};

use super::LaunchError;
use crate::lti::key_set::PlatformKey;

/// The longest token that is looked at, in bytes; Moodle's have 5 KiB.
const MAX_BYTES: usize = 24 * 1024;

/// What the header of a token says, once it is one that we take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenHeader {
    /// Which key signed.
    pub kid: String,
}

/// Reads the header and refuses what could not be verified anyway. Nothing is trusted yet.
///
/// # Errors
/// Names what is wrong with the shape, the algorithm or the key's name.
pub fn read_header(token: &str) -> Result<TokenHeader, LaunchError> {
    if token.len() > MAX_BYTES {
        return Err(LaunchError::TokenTooLong);
    }
    let parts: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(LaunchError::TokenMalformed);
    };
    let header = object(header)?;
    object(payload)?;
    BASE64_URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| LaunchError::TokenMalformed)?;
    let is_rs256 = header.get("alg").and_then(Value::as_str) == Some("RS256");
    // An extension that must be understood, or a token within the token: we know neither.
    let asks_for_more = ["crit", "cty", "enc", "zip"]
        .iter()
        .any(|name| header.contains_key(*name));
    if !is_rs256 || asks_for_more {
        return Err(LaunchError::Algorithm);
    }
    match header.get("kid").and_then(Value::as_str) {
        Some(kid) if !kid.is_empty() => Ok(TokenHeader {
            kid: kid.to_owned(),
        }),
        _ => Err(LaunchError::KeyMissing),
    }
}

/// The claims of a token that exactly one of `keys` has signed.
///
/// # Errors
/// [`LaunchError::Signature`] when none has, or several have.
pub(super) fn verify_signature(
    token: &str,
    keys: &[PlatformKey],
) -> Result<Map<String, Value>, LaunchError> {
    let (message, signature) = token.rsplit_once('.').ok_or(LaunchError::TokenMalformed)?;
    let signed = keys.iter().filter(|key| {
        crypto::verify(
            signature,
            message.as_bytes(),
            key.decoding(),
            Algorithm::RS256,
        )
        .unwrap_or(false)
    });
    if signed.count() != 1 {
        return Err(LaunchError::Signature);
    }
    let (_, payload) = message.split_once('.').ok_or(LaunchError::TokenMalformed)?;
    object(payload)
}

/// A JSON object in base64url.
fn object(part: &str) -> Result<Map<String, Value>, LaunchError> {
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| LaunchError::TokenMalformed)?;
    serde_json::from_slice(&bytes).map_err(|_| LaunchError::TokenMalformed)
}
