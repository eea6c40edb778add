//! The SQL of moved courses and activities, and all of it.

use sqlx::PgConnection;

use super::Known;
use crate::{lti::PlatformId, merging::Pairs};

/// Forgets where the class lists of a platform are read.
///
/// # Errors
/// Those of the database.
pub async fn forget_context_addresses(
    conn: &mut PgConnection,
    platform: PlatformId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE lti_contexts SET memberships_url = NULL
         WHERE memberships_url IS NOT NULL
           AND deployment_id IN (SELECT id FROM lti_deployments WHERE platform_id = $1)",
        platform.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets the gradebook columns of a platform.
///
/// # Errors
/// Those of the database.
pub async fn forget_link_addresses(
    conn: &mut PgConnection,
    platform: PlatformId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE lti_resource_links SET line_item_url = NULL
         WHERE line_item_url IS NOT NULL
           AND deployment_id IN (SELECT id FROM lti_deployments WHERE platform_id = $1)",
        platform.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deployments that are one: by their identifier, or the only ones of both sides.
///
/// # Errors
/// Those of the database.
pub async fn list_same_deployments(
    conn: &mut PgConnection,
    from: PlatformId,
    into: PlatformId,
) -> sqlx::Result<Pairs> {
    let rows = sqlx::query!(
        "SELECT other.id AS gone, own.id AS kept FROM lti_deployments AS other, lti_deployments AS own
         WHERE other.platform_id = $1 AND own.platform_id = $2 AND (
             other.external_id = own.external_id
             OR (SELECT count(*) FROM lti_deployments WHERE platform_id = $1) = 1
                AND (SELECT count(*) FROM lti_deployments WHERE platform_id = $2) = 1
         )",
        from.0,
        into.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.gone, row.kept)).collect())
}

/// Courses of these deployments that bear one identifier.
///
/// # Errors
/// Those of the database.
pub async fn list_same_contexts(
    conn: &mut PgConnection,
    deployments: &Pairs,
) -> sqlx::Result<Pairs> {
    let rows = sqlx::query!(
        "SELECT other.id AS gone, own.id AS kept FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept)
         JOIN lti_contexts AS other ON other.deployment_id = pair.gone
         JOIN lti_contexts AS own ON own.deployment_id = pair.kept AND own.external_id = other.external_id",
        &deployments.gone,
        &deployments.kept,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.gone, row.kept)).collect())
}

/// Activities of these deployments that bear one identifier.
///
/// # Errors
/// Those of the database.
pub async fn list_same_links(conn: &mut PgConnection, deployments: &Pairs) -> sqlx::Result<Pairs> {
    let rows = sqlx::query!(
        "SELECT other.id AS gone, own.id AS kept FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept)
         JOIN lti_resource_links AS other ON other.deployment_id = pair.gone
         JOIN lti_resource_links AS own ON own.deployment_id = pair.kept AND own.external_id = other.external_id",
        &deployments.gone,
        &deployments.kept,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.gone, row.kept)).collect())
}

/// Counts courses and activities of a platform.
///
/// # Errors
/// Those of the database.
pub async fn count_places(conn: &mut PgConnection, platform: PlatformId) -> sqlx::Result<Known> {
    let row = sqlx::query!(
        r#"
        SELECT (SELECT count(*) FROM lti_contexts JOIN lti_deployments AS deployment ON deployment.id = deployment_id
                WHERE platform_id = $1) AS "contexts!",
               (SELECT count(*) FROM lti_resource_links JOIN lti_deployments AS deployment ON deployment.id = deployment_id
                WHERE platform_id = $1) AS "links!"
        "#,
        platform.0
    )
    .fetch_one(conn)
    .await?;
    Ok(Known {
        contexts: u64::try_from(row.contexts).unwrap_or_default(),
        links: u64::try_from(row.links).unwrap_or_default(),
    })
}

/// Brings the members of courses that go into those that are kept.
///
/// # Errors
/// Those of the database.
pub async fn move_memberships(conn: &mut PgConnection, contexts: &Pairs) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE lti_memberships AS other SET context_id = kept
         FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept)
         WHERE context_id = gone AND NOT EXISTS (
             SELECT FROM lti_memberships AS own WHERE own.context_id = kept AND own.user_id = other.user_id
         )",
        &contexts.gone,
        &contexts.kept,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Has the learners of activities that go graded in those that are kept. What the old column
/// accepted or refused is not known of the new one.
///
/// # Errors
/// Those of the database.
pub async fn move_scores(conn: &mut PgConnection, links: &Pairs) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE internal.lti_scores AS other
         SET resource_link_id = kept, line_item_url = NULL, sent_given = NULL, sent_maximum = NULL,
             sent_timestamp = NULL, refused_reason = NULL, refused_status = NULL, refused_answer = NULL,
             refused_at = NULL
         FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept)
         WHERE resource_link_id = gone AND NOT EXISTS (
             SELECT FROM internal.lti_scores AS own WHERE own.resource_link_id = kept AND own.user_id = other.user_id
         )",
        &links.gone,
        &links.kept,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Brings the activities that only one side has into the deployments and courses that are kept.
///
/// # Errors
/// Those of the database.
pub async fn move_links(
    conn: &mut PgConnection,
    deployments: &Pairs,
    contexts: &Pairs,
    links: &Pairs,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE lti_resource_links AS link
         SET deployment_id = deployment.kept, context_id = coalesce(context.kept, link.context_id)
         FROM unnest($1::uuid[], $2::uuid[]) AS deployment (gone, kept), lti_resource_links AS known
         LEFT JOIN unnest($3::uuid[], $4::uuid[]) AS context (gone, kept) ON context.gone = known.context_id
         WHERE known.id = link.id AND link.deployment_id = deployment.gone AND link.id <> ALL($5)",
        &deployments.gone,
        &deployments.kept,
        &contexts.gone,
        &contexts.kept,
        &links.gone,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Brings the courses that only one side has into the deployments that are kept.
///
/// # Errors
/// Those of the database.
pub async fn move_contexts(
    conn: &mut PgConnection,
    deployments: &Pairs,
    contexts: &Pairs,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE lti_contexts SET deployment_id = kept FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept)
         WHERE deployment_id = gone AND id <> ALL($3)",
        &deployments.gone,
        &deployments.kept,
        &contexts.gone,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes the deployments that go, and what both sides had of them.
///
/// # Errors
/// Those of the database.
pub async fn delete_deployments(conn: &mut PgConnection, deployments: &Pairs) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM lti_deployments WHERE id = ANY($1)",
        &deployments.gone
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives the deployments of a platform to another one.
///
/// # Errors
/// Those of the database.
pub async fn move_deployments(
    conn: &mut PgConnection,
    from: PlatformId,
    into: PlatformId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE lti_deployments SET platform_id = $2 WHERE platform_id = $1",
        from.0,
        into.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}
