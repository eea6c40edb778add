//! The SQL of moved platforms, and all of it.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{lti::PlatformId, merging::Pairs};

/// Holds both platforms until the end of the transaction: no launch adds anything to them.
///
/// # Errors
/// Those of the database.
pub async fn lock_platforms(
    conn: &mut PgConnection,
    from: PlatformId,
    into: PlatformId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT id FROM lti_platforms WHERE id IN ($1, $2) ORDER BY id FOR UPDATE",
        from.0,
        into.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(())
}

/// Ends the sessions that a platform opened: they know its rows by their ids.
///
/// # Errors
/// Those of the database.
pub async fn delete_sessions(conn: &mut PgConnection, platform: PlatformId) -> sqlx::Result<u64> {
    sqlx::query!(
        "DELETE FROM internal.sessions WHERE user_id IN (SELECT id FROM users WHERE platform_id = $1)",
        platform.0
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Learners whom both platforms know by one identifier.
///
/// # Errors
/// Those of the database.
pub async fn list_same_learners(
    conn: &mut PgConnection,
    from: PlatformId,
    into: PlatformId,
) -> sqlx::Result<Pairs> {
    let rows = sqlx::query!(
        "SELECT other.id AS gone, own.id AS kept FROM users AS other JOIN users AS own USING (moodle_user_id)
         WHERE other.platform_id = $1 AND own.platform_id = $2",
        from.0,
        into.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.gone, row.kept)).collect())
}

/// Gives the learners of a platform to another one, and returns who they are.
///
/// # Errors
/// Those of the database.
pub async fn move_learners(
    conn: &mut PgConnection,
    from: PlatformId,
    into: PlatformId,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "UPDATE users SET platform_id = $2 WHERE platform_id = $1 RETURNING id",
        from.0,
        into.0,
    )
    .fetch_all(conn)
    .await
}

/// Deletes the jobs of a platform.
///
/// # Errors
/// Those of the database.
pub async fn delete_jobs(conn: &mut PgConnection, platform: PlatformId) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM internal.outbox WHERE platform_id = $1",
        platform.0
    )
    .execute(conn)
    .await?;
    Ok(())
}
