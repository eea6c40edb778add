//! What is made from `SECRET_KEY`: values that only we can derive, and sealed bytes.
//!
//! HMAC-SHA256 and AES-256-GCM of aws-lc-rs, each under a key of its own.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::config::Secret;

/// Why sealed bytes do not open.
#[derive(Debug, thiserror::Error)]
#[error("the sealed bytes do not open; was SECRET_KEY changed?")]
pub struct SealBroken;

/// A value of 32 bytes that only who knows `secret` can derive.
///
/// `label` tells what it is for, so that no two uses meet; the parts are told apart by their
/// lengths.
pub fn derive(secret: &Secret, label: &str, parts: &[&[u8]]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.bytes());
    let mut context = hmac::Context::with_key(&key);
    for part in [label.as_bytes()].iter().chain(parts) {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    let mut value = [0; 32];
    value.copy_from_slice(context.sign().as_ref());
    value
}

/// What is kept of a secret that only has to be recognised.
pub fn hash(secret: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Whether two values are the same, in a time that does not tell how much of them is.
pub fn is_same(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// Random bytes of the operating system.
///
/// # Errors
/// When the operating system has none, which no supported one does.
pub fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// 256 random bits in base64url, for a secret that travels as text.
///
/// # Errors
/// Those of [`random`].
pub fn random_text() -> Result<String, getrandom::Error> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// Seals bytes under `secret`: nonce, then ciphertext and tag.
///
/// # Errors
/// Those of [`random`].
pub fn seal(secret: &Secret, plain: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
    let nonce: [u8; NONCE_LEN] = random()?;
    let mut sealed = plain.to_vec();
    let assumed = Nonce::assume_unique_for_key(nonce);
    sealing_key(secret)
        .seal_in_place_append_tag(assumed, Aad::empty(), &mut sealed)
        .map_err(|_| getrandom::Error::UNEXPECTED)?;
    Ok([&nonce[..], &sealed].concat())
}

/// Opens what [`seal`] sealed.
///
/// # Errors
/// [`SealBroken`] under another secret, and when a byte was changed.
pub fn open(secret: &Secret, sealed: &[u8]) -> Result<Vec<u8>, SealBroken> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SealBroken)?;
    let mut rest = rest.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let plain = sealing_key(secret)
        .open_in_place(nonce, Aad::empty(), &mut rest)
        .map_err(|_| SealBroken)?;
    Ok(plain.to_vec())
}

fn sealing_key(secret: &Secret) -> LessSafeKey {
    let bytes = derive(secret, "sealing", &[]);
    let key = UnboundKey::new(&AES_256_GCM, &bytes).expect("AES-256 takes 32 bytes");
    LessSafeKey::new(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::from_text(text)
    }

    #[test]
    fn what_is_sealed_opens_under_the_same_secret_only() {
        let sealed = seal(&secret("a"), b"key").expect("random bytes");
        assert_eq!(open(&secret("a"), &sealed).expect("it opens"), b"key");
        assert!(open(&secret("b"), &sealed).is_err());
        for rank in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[rank] ^= 1;
            assert!(open(&secret("a"), &broken).is_err(), "byte {rank}");
        }
        assert!(open(&secret("a"), b"short").is_err());
    }

    #[test]
    fn derived_values_depend_on_label_and_on_each_part() {
        let value = |label, parts: &[&[u8]]| derive(&secret("a"), label, parts);
        assert_eq!(value("x", &[b"ab"]), value("x", &[b"ab"]));
        assert_ne!(value("x", &[b"ab"]), value("y", &[b"ab"]));
        assert_ne!(value("x", &[b"a", b"b"]), value("x", &[b"ab"]));
        assert_ne!(value("x", &[b"ab"]), derive(&secret("b"), "x", &[b"ab"]));
    }
}
