//! The SQL of tokens that may be used once, and all of it.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::CLOCK_SKEW;
use crate::sealing;

/// Notes that the token of this `jti` is used; `false` when it was used before.
///
/// # Errors
/// Those of the database.
pub async fn insert_used_token(
    conn: &mut PgConnection,
    jti: &str,
    expires_at: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO internal.used_tokens (jti_hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        &sealing::hash(jti),
        expires_at + CLOCK_SKEW,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes what is noted of tokens that are over by themselves.
///
/// # Errors
/// Those of the database.
pub async fn delete_expired_tokens(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "DELETE FROM internal.used_tokens WHERE expires_at <= $1",
        now
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}
