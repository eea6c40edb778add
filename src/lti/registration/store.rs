//! The SQL of invitations and of new platforms, and all of it.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    NewPlatform,
    invite::{InviteState, LIFETIME},
};
use crate::{lti::PlatformId, sealing};

/// Keeps the hash of an invitation that is made at `now` (UTC).
///
/// # Errors
/// Those of the database.
pub async fn insert_invite(
    conn: &mut PgConnection,
    code: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO internal.lti_invites (code_hash, created_at, expires_at) VALUES ($1, $2, $3)",
        &sealing::hash(code),
        now,
        now + LIFETIME,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What has become of an invitation at `now` (UTC).
///
/// # Errors
/// Those of the database.
pub async fn find_invite_state(
    conn: &mut PgConnection,
    code: &str,
    now: OffsetDateTime,
) -> sqlx::Result<InviteState> {
    let row = sqlx::query!(
        "SELECT expires_at, used_at FROM internal.lti_invites WHERE code_hash = $1",
        &sealing::hash(code),
    )
    .fetch_optional(conn)
    .await?;
    Ok(match row {
        None => InviteState::Unknown,
        Some(row) if row.used_at.is_some() => InviteState::Used,
        Some(row) if row.expires_at <= now => InviteState::Expired,
        Some(_) => InviteState::Open,
    })
}

/// Uses an invitation up; `false` when it is not open any more.
///
/// # Errors
/// Those of the database.
pub async fn mark_invite_used(
    conn: &mut PgConnection,
    code: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE internal.lti_invites SET used_at = $2
         WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2",
        &sealing::hash(code),
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes the invitations that ended before `long_ago` (UTC), used or not.
///
/// # Errors
/// Those of the database.
pub async fn delete_expired_invites(
    conn: &mut PgConnection,
    long_ago: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM internal.lti_invites WHERE expires_at < $1",
        long_ago
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps a platform; `None` when its issuer and client id are known, and nothing was changed.
///
/// # Errors
/// Those of the database.
pub async fn insert_platform(
    conn: &mut PgConnection,
    platform: &NewPlatform,
) -> sqlx::Result<Option<PlatformId>> {
    sqlx::query_scalar!(
        "INSERT INTO lti_platforms
             (name, issuer, client_id, authorization_url, token_url, jwks_url, token_audience, product, status)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT ON CONSTRAINT platform_once DO NOTHING
         RETURNING id",
        platform.name,
        platform.issuer,
        platform.client_id,
        platform.authorization_url,
        platform.token_url,
        platform.jwks_url,
        platform.token_audience,
        platform.product,
        platform.status.as_str(),
    )
    .fetch_optional(conn)
    .await
    .map(|id| id.map(PlatformId))
}

/// Keeps a deployment that the registration itself told.
///
/// # Errors
/// Those of the database.
pub async fn insert_approved_deployment(
    conn: &mut PgConnection,
    platform: PlatformId,
    deployment: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO lti_deployments (platform_id, external_id, status) VALUES ($1, $2, 'approved')",
        platform.0,
        deployment,
    )
    .execute(conn)
    .await?;
    Ok(())
}
