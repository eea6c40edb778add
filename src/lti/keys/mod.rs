//! Our own keys: what we sign with, and what platforms read to check it.
//!
//! A key is made when the first is needed and kept sealed under `SECRET_KEY`. One signs at a time;
//! a new one is published long before it signs, the old one long after, so that a platform that
//! remembers our key set for a day never meets a key that it cannot check.

mod pair;
pub mod store;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tokio::task::JoinError;

use self::{pair::NewKey, store::SealedKey};
use crate::{
    config::Secret,
    db::Database,
    sealing::{self, SealBroken},
};

/// A new key is published for this long before it signs.
pub const PUBLISHED_BEFORE: Duration = Duration::hours(24);

/// An old key is published for this long after it last signed.
pub const PUBLISHED_AFTER: Duration = Duration::hours(48);

/// The key that signs now.
#[derive(Clone)]
pub struct SigningKey {
    /// Its name, the thumbprint of RFC 7638.
    pub kid: String,
    encoding: EncodingKey,
}

/// What a rotation led to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rotation {
    /// The name of the key that will sign.
    pub kid: String,
    /// From when on, UTC.
    pub signs_from: OffsetDateTime,
    /// `false` when a key was waiting already, and nothing was changed.
    pub is_new: bool,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The database cannot be read or written.
    #[error("our keys cannot be read")]
    Database(#[from] sqlx::Error),
    /// The key that signs was sealed under another `SECRET_KEY`.
    #[error(
        "the key that signs does not open: it was sealed under another SECRET_KEY; put that one back \
         (after a move, the SECRET_KEY of the old server); only if it is lost, run: mini-site lti rotate-key"
    )]
    Sealed(#[from] SealBroken),
    /// The operating system has no random bytes.
    #[error("no random bytes")]
    Random(#[from] getrandom::Error),
    /// No key could be made.
    #[error("no key could be made")]
    Generation(#[from] aws_lc_rs::error::Unspecified),
    /// What was sealed is no RSA key, or the public part cannot be written.
    #[error("the key is no RSA key")]
    Malformed(#[from] jsonwebtoken::errors::Error),
    /// The public part cannot be written as JSON.
    #[error("the key cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The task that makes a key was ended.
    #[error("the key was not made")]
    Ended(#[from] JoinError),
}

impl SigningKey {
    /// A token of these claims: RS256, its header naming the key.
    ///
    /// # Errors
    /// Those of the signing library; none is known with a sound key.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::RS256)
        };
        jsonwebtoken::encode(&header, claims, &self.encoding)
    }

    fn open(secret: &Secret, sealed: SealedKey) -> Result<Self, KeyError> {
        let pem = sealing::open(secret, &sealed.sealed_key)?;
        Ok(Self {
            kid: sealed.kid,
            encoding: EncodingKey::from_rsa_pem(&pem)?,
        })
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

/// The key that signs at `now` (UTC), made if there is none yet.
///
/// # Errors
/// [`KeyError`]; nothing is written then.
pub async fn signing_key(
    db: &Database,
    secret: &Secret,
    now: OffsetDateTime,
) -> Result<SigningKey, KeyError> {
    match existing_key(db, secret, now).await? {
        Some(key) => Ok(key),
        None => make_first(db, secret, now).await,
    }
}

/// The key that signs at `now` (UTC), if there is one yet.
///
/// # Errors
/// [`KeyError`].
pub async fn existing_key(
    db: &Database,
    secret: &Secret,
    now: OffsetDateTime,
) -> Result<Option<SigningKey>, KeyError> {
    let mut conn = db.acquire().await?;
    let found = store::find_signing_key(&mut conn, now).await?;
    conn.keep().await?;
    found
        .map(|sealed| SigningKey::open(secret, sealed))
        .transpose()
}

/// The public keys to be published at `now` (UTC), as a key set holds them (RFC 7517).
///
/// # Errors
/// [`KeyError`].
pub async fn published(
    db: &Database,
    secret: &Secret,
    now: OffsetDateTime,
) -> Result<Vec<Value>, KeyError> {
    let mut conn = db.acquire().await?;
    let keys = store::list_published_keys(&mut conn, now).await?;
    conn.keep().await?;
    if !keys.is_empty() {
        return Ok(keys);
    }
    make_first(db, secret, now).await?;
    let mut conn = db.acquire().await?;
    let keys = store::list_published_keys(&mut conn, now).await?;
    conn.keep().await?;
    Ok(keys)
}

/// Makes the next key: published at once, it signs after [`PUBLISHED_BEFORE`].
///
/// Where the key of today does not open, since `SECRET_KEY` was changed, the new one signs at once.
///
/// # Errors
/// [`KeyError`]; nothing is written then.
pub async fn rotate(
    db: &Database,
    secret: &Secret,
    now: OffsetDateTime,
) -> Result<Rotation, KeyError> {
    let key = NewKey::generate().await?;
    let sealed = sealing::seal(secret, key.pem.as_bytes())?;
    let mut transaction = db.begin().await?;
    store::lock_keys(&mut transaction).await?;
    let signs_now = is_sound(&mut transaction, secret, now).await?;
    if signs_now && let Some(waiting) = store::find_waiting_key(&mut transaction, now).await? {
        return Ok(waiting);
    }
    let signs_from = if signs_now {
        now + PUBLISHED_BEFORE
    } else {
        // What waits was sealed under the former secret as well, and nobody has used it yet.
        store::delete_waiting_keys(&mut transaction, now).await?;
        now
    };
    store::delete_expired_keys(&mut transaction, now).await?;
    store::mark_keys_retiring(&mut transaction, signs_from + PUBLISHED_AFTER).await?;
    store::insert_key(&mut transaction, &key, &sealed, now, signs_from).await?;
    transaction.commit().await?;
    Ok(Rotation {
        kid: key.kid,
        signs_from,
        is_new: true,
    })
}

/// Whether a key signs at `now`, and opens.
async fn is_sound(
    conn: &mut PgConnection,
    secret: &Secret,
    now: OffsetDateTime,
) -> Result<bool, KeyError> {
    let found = store::find_signing_key(conn, now).await?;
    Ok(found.is_some_and(|sealed| SigningKey::open(secret, sealed).is_ok()))
}

/// Makes the first key, unless another instance was faster.
async fn make_first(
    db: &Database,
    secret: &Secret,
    now: OffsetDateTime,
) -> Result<SigningKey, KeyError> {
    let key = NewKey::generate().await?;
    let sealed = sealing::seal(secret, key.pem.as_bytes())?;
    let mut transaction = db.begin().await?;
    store::lock_keys(&mut transaction).await?;
    if let Some(other) = store::find_signing_key(&mut transaction, now).await? {
        return SigningKey::open(secret, other);
    }
    store::insert_key(&mut transaction, &key, &sealed, now, now).await?;
    transaction.commit().await?;
    Ok(SigningKey {
        encoding: EncodingKey::from_rsa_pem(key.pem.as_bytes())?,
        kid: key.kid,
    })
}
