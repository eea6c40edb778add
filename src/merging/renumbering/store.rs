//! The SQL of changed user ids, and all of it.

use sqlx::PgConnection;
use uuid::Uuid;

use super::RenumberedId;
use crate::{lti::PlatformId, merging::Pairs};

/// The learners of a platform who are known by the old id and by the new one.
///
/// # Errors
/// Those of the database.
pub async fn list_known_twice(
    conn: &mut PgConnection,
    platform: PlatformId,
    ids: &[RenumberedId],
) -> sqlx::Result<Pairs> {
    let (olds, news) = columns(ids);
    let rows = sqlx::query!(
        "SELECT other.id AS gone, own.id AS kept FROM unnest($2::text[], $3::text[]) AS changed (old, new)
         JOIN users AS other ON other.platform_id = $1 AND other.moodle_user_id = old
         JOIN users AS own ON own.platform_id = $1 AND own.moodle_user_id = new",
        platform.0,
        &olds as &[&str],
        &news as &[&str],
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.gone, row.kept)).collect())
}

/// Gives learners of a platform their new user id, and returns who they are.
///
/// # Errors
/// Those of the database.
pub async fn renumber_learners(
    conn: &mut PgConnection,
    platform: PlatformId,
    ids: &[RenumberedId],
) -> sqlx::Result<Vec<Uuid>> {
    let (olds, news) = columns(ids);
    sqlx::query_scalar!(
        "UPDATE users SET moodle_user_id = new FROM unnest($2::text[], $3::text[]) AS changed (old, new)
         WHERE platform_id = $1 AND moodle_user_id = old RETURNING id",
        platform.0,
        &olds as &[&str],
        &news as &[&str],
    )
    .fetch_all(conn)
    .await
}

/// Forgets what columns accepted or refused of these learners: they have another id there.
///
/// # Errors
/// Those of the database.
pub async fn forget_sent(conn: &mut PgConnection, learners: &[Uuid]) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE internal.lti_scores
         SET line_item_url = NULL, sent_given = NULL, sent_maximum = NULL, sent_timestamp = NULL,
             refused_reason = NULL, refused_status = NULL, refused_answer = NULL, refused_at = NULL
         WHERE user_id = ANY($1)",
        learners,
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn columns(ids: &[RenumberedId]) -> (Vec<&str>, Vec<&str>) {
    ids.iter()
        .map(|id| (id.old.as_str(), id.new.as_str()))
        .unzip()
}
