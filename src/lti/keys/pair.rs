//! A new pair of RSA keys, with the name and the public part that platforms get.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    error::Unspecified,
    rsa::{KeyPair, KeySize},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use jsonwebtoken::{
    Algorithm, EncodingKey,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};
use serde_json::Value;

use super::KeyError;

/// A key that nobody knows yet.
pub(super) struct NewKey {
    /// The thumbprint of RFC 7638.
    pub(super) kid: String,
    /// The private key: PKCS #8 in PEM.
    pub(super) pem: String,
    /// The public part, as a key set holds it (RFC 7517, section 4).
    pub(super) public_jwk: Value,
}

impl NewKey {
    /// RSA of 2048 bits; some hundred milliseconds of work, away from the requests.
    pub(super) async fn generate() -> Result<Self, KeyError> {
        let pem = tokio::task::spawn_blocking(generate_pem).await??;
        Self::from_pem(pem)
    }

    fn from_pem(pem: String) -> Result<Self, KeyError> {
        let encoding = EncodingKey::from_rsa_pem(pem.as_bytes())?;
        let mut jwk = Jwk::from_encoding_key(&encoding, Algorithm::RS256)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            kid,
            pem,
            public_jwk: serde_json::to_value(jwk)?,
        })
    }
}

fn generate_pem() -> Result<String, Unspecified> {
    let pair = KeyPair::generate(KeySize::Rsa2048)?;
    let der: Pkcs8V1Der<'_> = pair.as_der()?;
    Ok(format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        BASE64_STANDARD.encode(der.as_ref())
    ))
}
