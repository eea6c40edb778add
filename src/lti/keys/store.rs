//! The SQL of our own keys, and all of it.

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Rotation, pair::NewKey};

/// Key of the advisory lock under which keys are made; any constant of our own.
const KEYS_LOCK: i64 = 0x6f75_7220_6b65_7973;

/// A key as it is kept.
#[derive(Debug)]
pub struct SealedKey {
    /// Its name.
    pub kid: String,
    /// PKCS #8 in PEM, sealed.
    pub sealed_key: Vec<u8>,
}

/// Waits for the right to make keys, until the end of the transaction.
///
/// # Errors
/// Those of the database.
pub(super) async fn lock_keys(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", KEYS_LOCK)
        .execute(conn)
        .await?;
    Ok(())
}

/// The key that signs at `now`: the newest whose time has come, or, where the clock of the
/// instance that made the first one is ahead, that one.
///
/// # Errors
/// Those of the database.
pub async fn find_signing_key(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<Option<SealedKey>> {
    sqlx::query_as!(
        SealedKey,
        "SELECT kid, sealed_key FROM internal.lti_keys
         ORDER BY signs_from > $1, greatest(signs_from - $1, $1 - signs_from),
                  published_until DESC NULLS FIRST
         LIMIT 1",
        now
    )
    .fetch_optional(conn)
    .await
}

/// The key that does not sign yet at `now`.
///
/// # Errors
/// Those of the database.
pub(super) async fn find_waiting_key(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Rotation>> {
    let row = sqlx::query!(
        "SELECT kid, signs_from FROM internal.lti_keys WHERE signs_from > $1 ORDER BY signs_from LIMIT 1",
        now
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Rotation {
        kid: row.kid,
        signs_from: row.signs_from,
        is_new: false,
    }))
}

/// The public parts of all keys that are published at `now`, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn list_published_keys(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Value>> {
    sqlx::query_scalar!(
        "SELECT public_jwk FROM internal.lti_keys
         WHERE published_until IS NULL OR published_until > $1
         ORDER BY signs_from DESC, published_until DESC NULLS FIRST, kid",
        now
    )
    .fetch_all(conn)
    .await
}

/// Keeps a key that was made at `now`.
///
/// # Errors
/// Those of the database.
pub(super) async fn insert_key(
    conn: &mut PgConnection,
    key: &NewKey,
    sealed_key: &[u8],
    now: OffsetDateTime,
    signs_from: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO internal.lti_keys (kid, sealed_key, public_jwk, created_at, signs_from)
         VALUES ($1, $2, $3, $4, $5)",
        key.kid,
        sealed_key,
        key.public_jwk,
        now,
        signs_from,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives an end to all keys that have none.
///
/// # Errors
/// Those of the database.
pub(super) async fn mark_keys_retiring(
    conn: &mut PgConnection,
    published_until: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE internal.lti_keys SET published_until = $1 WHERE published_until IS NULL",
        published_until
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes the keys whose end has come.
///
/// # Errors
/// Those of the database.
pub(super) async fn delete_expired_keys(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM internal.lti_keys WHERE published_until <= $1",
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes the keys that do not sign yet at `now`.
///
/// # Errors
/// Those of the database.
pub(super) async fn delete_waiting_keys(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM internal.lti_keys WHERE signs_from > $1", now)
        .execute(conn)
        .await?;
    Ok(())
}
