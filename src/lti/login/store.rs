//! The SQL of logins under way, and all of it.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Consumption, LIFETIME, Login, LoginRequest, LoginSecrets};
use crate::{lti::PlatformId, sealing};

/// Keeps a login that begins at `now` (UTC).
///
/// # Errors
/// Those of the database.
pub async fn insert_login(
    conn: &mut PgConnection,
    platform: PlatformId,
    request: &LoginRequest,
    secrets: &LoginSecrets,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO internal.lti_logins
             (state_hash, nonce_hash, cookie_hash, platform_id, deployment_hint, target_link_uri, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &sealing::hash(&secrets.state),
        &sealing::hash(&secrets.nonce),
        &sealing::hash(&secrets.cookie),
        platform.0,
        request.deployment,
        request.target_link_uri,
        now,
        now + LIFETIME,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The login of this state, over or not.
///
/// # Errors
/// Those of the database.
pub async fn find_login(conn: &mut PgConnection, state: &str) -> sqlx::Result<Option<Login>> {
    let row = sqlx::query!(
        "SELECT platform_id, nonce_hash, cookie_hash, deployment_hint, created_at, expires_at, consumed_at,
                token_hash, is_cookie_bound
         FROM internal.lti_logins WHERE state_hash = $1",
        &sealing::hash(state),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Login {
        platform: PlatformId(row.platform_id),
        nonce_hash: row.nonce_hash,
        cookie_hash: row.cookie_hash,
        deployment_hint: row.deployment_hint,
        created_at: row.created_at,
        expires_at: row.expires_at,
        consumption: row.consumed_at.map(|at| Consumption {
            at,
            token_hash: row.token_hash.unwrap_or_default(),
            is_cookie_bound: row.is_cookie_bound.unwrap_or(false),
        }),
    }))
}

/// Takes a login for a launch, once: `false` when it was taken before or is over.
///
/// # Errors
/// Those of the database.
pub async fn mark_login_consumed(
    conn: &mut PgConnection,
    state: &str,
    token_hash: &[u8],
    is_cookie_bound: bool,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE internal.lti_logins SET consumed_at = $2, token_hash = $3, is_cookie_bound = $4
         WHERE state_hash = $1 AND consumed_at IS NULL AND expires_at > $2",
        &sealing::hash(state),
        now,
        token_hash,
        is_cookie_bound,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes the logins that are over and returns how many they were.
///
/// # Errors
/// Those of the database.
pub async fn delete_expired_logins(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "DELETE FROM internal.lti_logins WHERE expires_at <= $1",
        now
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}
