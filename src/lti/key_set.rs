//! The public keys of a platform (RFC 7517): what may sign a launch, and what may not.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use super::client::ClientError;

/// RSA keys below this are refused (NIST SP 800-131A).
const MIN_BITS: usize = 2048;

/// How many keys of one set are looked at.
const MAX_KEYS: usize = 50;

/// The keys of a platform that may sign.
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<PlatformKey>);

/// One key that may sign RS256.
#[derive(Clone)]
pub struct PlatformKey {
    kid: String,
    decoding: DecodingKey,
}

/// Why there is no key set.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// The platform does not answer, or may not be asked.
    #[error("jwks_uri was not read")]
    Client(#[from] ClientError),
    /// It answered with another status than 200.
    #[error("jwks_uri answered with status {0}")]
    Status(u16),
    /// The answer is no key set.
    #[error("jwks_uri answered with something that is no key set")]
    Malformed,
    /// Its address is none.
    #[error("jwks_uri is no address")]
    Address,
    /// The last attempt failed a moment ago.
    #[error("jwks_uri failed a moment ago")]
    Recently,
}

/// A key as it travels (RFC 7517, section 4, and RFC 7518, section 6.3).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl PlatformKey {
    /// For the verification of a signature.
    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    /// A key that may sign RS256; anything else in a set is left aside.
    fn from_value(value: &Value) -> Option<Self> {
        let jwk = Jwk::deserialize(value).ok()?;
        let is_for_signing = jwk
            .purpose
            .as_deref()
            .is_none_or(|purpose| purpose == "sig");
        let is_rs256 = jwk.kty == "RSA" && jwk.alg.as_deref().is_none_or(|alg| alg == "RS256");
        let (n, e) = (jwk.n?, jwk.e?);
        if !is_for_signing || !is_rs256 || bits(&n)? < MIN_BITS {
            return None;
        }
        Some(Self {
            kid: jwk.kid?,
            decoding: DecodingKey::from_rsa_components(&n, &e).ok()?,
        })
    }
}

/// Length of a modulus in base64url.
fn bits(modulus: &str) -> Option<usize> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(modulus).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let first = bytes.get(zeros)?;
    Some((bytes.len() - zeros) * 8 - usize::try_from(first.leading_zeros()).ok()?)
}

impl std::fmt::Debug for PlatformKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PlatformKey({})", self.kid)
    }
}

impl KeySet {
    /// Reads a key set; keys that cannot sign a launch are left out.
    ///
    /// # Errors
    /// [`KeySetError::Malformed`] when it is no key set.
    pub fn from_json(bytes: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(bytes).map_err(|_| KeySetError::Malformed)?;
        let keys = set.keys.iter().take(MAX_KEYS);
        Ok(Self(keys.filter_map(PlatformKey::from_value).collect()))
    }

    /// All keys of this name; a sound set has one.
    pub fn named(&self, kid: &str) -> Vec<PlatformKey> {
        self.0
            .iter()
            .filter(|key| key.kid == kid)
            .cloned()
            .collect()
    }
}
