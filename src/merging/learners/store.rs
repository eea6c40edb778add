//! The SQL of merged learners, and all of it.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    learner::LearnerId,
    merging::Pairs,
    outbox::{JobKind, NewJob},
};

/// Holds all learners of the pairs until the end of the transaction, always in the same order, and
/// returns those that exist.
///
/// # Errors
/// Those of the database.
pub async fn lock_learners(conn: &mut PgConnection, pairs: &Pairs) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "SELECT id FROM users WHERE id = ANY($1) OR id = ANY($2) ORDER BY id FOR UPDATE",
        &pairs.gone,
        &pairs.kept,
    )
    .fetch_all(conn)
    .await
}

/// Whether a platform names somebody who goes, and none the one who is kept.
///
/// # Errors
/// Those of the database.
pub async fn is_platform_lost(conn: &mut PgConnection, pairs: &Pairs) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept)
            JOIN users AS other ON other.id = gone JOIN users AS own ON own.id = kept
            WHERE own.platform_id IS NULL AND other.platform_id IS NOT NULL
        ) AS "is_lost!"
        "#,
        &pairs.gone,
        &pairs.kept,
    )
    .fetch_one(conn)
    .await
}

/// Gives the kept ones the completions that they do not have.
///
/// # Errors
/// Those of the database.
pub async fn move_completions(conn: &mut PgConnection, pairs: &Pairs) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE progress SET user_id = kept FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept)
         WHERE user_id = gone AND NOT EXISTS (
             SELECT FROM progress AS own WHERE own.user_id = kept AND own.grain_id = progress.grain_id
         )",
        &pairs.gone,
        &pairs.kept,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Gives the completions of the kept ones the date of those who go, where it is earlier.
///
/// # Errors
/// Those of the database.
pub async fn take_earlier_dates(conn: &mut PgConnection, pairs: &Pairs) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE progress AS own SET completed_at = other.completed_at
         FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept) JOIN progress AS other ON other.user_id = gone
         WHERE own.user_id = kept AND own.grain_id = other.grain_id AND other.completed_at < own.completed_at",
        &pairs.gone,
        &pairs.kept,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Gives the kept ones the courses of their own platform that they did not belong to.
///
/// # Errors
/// Those of the database.
pub async fn move_memberships(conn: &mut PgConnection, pairs: &Pairs) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE lti_memberships AS other SET user_id = kept
         FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept)
         JOIN users AS learner ON learner.id = kept
         JOIN lti_deployments AS deployment ON deployment.platform_id = learner.platform_id
         JOIN lti_contexts AS context ON context.deployment_id = deployment.id
         WHERE other.user_id = gone AND other.context_id = context.id AND NOT EXISTS (
             SELECT FROM lti_memberships AS own WHERE own.user_id = kept AND own.context_id = context.id
         )",
        &pairs.gone,
        &pairs.kept,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Unites the memberships of one course: the role is that of whoever came last.
///
/// # Errors
/// Those of the database.
pub async fn unite_memberships(conn: &mut PgConnection, pairs: &Pairs) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE lti_memberships AS own
         SET role = CASE WHEN is_later THEN other.role ELSE own.role END,
             role_source = CASE WHEN is_later THEN other.role_source ELSE own.role_source END,
             is_active = own.is_active OR other.is_active,
             launched_at = greatest(own.launched_at, other.launched_at),
             created_at = least(own.created_at, other.created_at)
         FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept)
         JOIN lti_memberships AS other ON other.user_id = gone
         JOIN lti_memberships AS known ON known.user_id = kept AND known.context_id = other.context_id
         CROSS JOIN LATERAL (
             SELECT coalesce(other.launched_at > coalesce(known.launched_at, '-infinity'), false)
         ) AS compared (is_later)
         WHERE own.id = known.id",
        &pairs.gone,
        &pairs.kept,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Has the kept ones graded in the activities of their own platform in which those who go were.
/// What a column accepted or refused was another person's there: it is forgotten.
///
/// # Errors
/// Those of the database.
pub async fn move_scores(conn: &mut PgConnection, pairs: &Pairs) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE internal.lti_scores AS other
         SET user_id = kept, line_item_url = NULL, sent_given = NULL, sent_maximum = NULL, sent_timestamp = NULL,
             refused_reason = NULL, refused_status = NULL, refused_answer = NULL, refused_at = NULL
         FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept)
         JOIN users AS learner ON learner.id = kept
         JOIN lti_deployments AS deployment ON deployment.platform_id = learner.platform_id
         JOIN lti_resource_links AS link ON link.deployment_id = deployment.id
         WHERE other.user_id = gone AND other.resource_link_id = link.id AND NOT EXISTS (
             SELECT FROM internal.lti_scores AS own WHERE own.user_id = kept AND own.resource_link_id = link.id
         )",
        &pairs.gone,
        &pairs.kept,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Counts courses and activities of those who go that the kept ones do not have: those of another
/// platform.
///
/// # Errors
/// Those of the database.
pub async fn count_left(conn: &mut PgConnection, pairs: &Pairs) -> sqlx::Result<u64> {
    let left = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "left!" FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept)
        CROSS JOIN LATERAL (
            (SELECT context_id FROM lti_memberships WHERE user_id = gone
             EXCEPT SELECT context_id FROM lti_memberships WHERE user_id = kept)
            UNION ALL
            (SELECT resource_link_id FROM internal.lti_scores WHERE user_id = gone
             EXCEPT SELECT resource_link_id FROM internal.lti_scores WHERE user_id = kept)
        ) AS rest
        "#,
        &pairs.gone,
        &pairs.kept,
    )
    .fetch_one(conn)
    .await?;
    Ok(u64::try_from(left).unwrap_or_default())
}

/// Keeps the later of two last visits.
///
/// # Errors
/// Those of the database.
pub async fn unite_visits(conn: &mut PgConnection, pairs: &Pairs) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO internal.last_visits AS known (user_id, visited_at)
         SELECT kept, visited_at FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept)
         JOIN internal.last_visits ON user_id = gone
         ON CONFLICT (user_id) DO UPDATE SET visited_at = greatest(known.visited_at, excluded.visited_at)",
        &pairs.gone,
        &pairs.kept,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Fills in what the profiles of the kept ones lack.
///
/// # Errors
/// Those of the database.
pub async fn unite_profiles(conn: &mut PgConnection, pairs: &Pairs) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE users AS own
         SET email = coalesce(own.email, other.email), name = coalesce(own.name, other.name),
             family_name = coalesce(own.family_name, other.family_name),
             created_at = least(own.created_at, other.created_at)
         FROM unnest($1::uuid[], $2::uuid[]) AS pair (gone, kept) JOIN users AS other ON other.id = gone
         WHERE own.id = kept",
        &pairs.gone,
        &pairs.kept,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The jobs that tell all grades of these learners to their own platform.
///
/// # Errors
/// Those of the database.
pub async fn list_score_jobs(
    conn: &mut PgConnection,
    learners: &[Uuid],
) -> sqlx::Result<Vec<NewJob>> {
    let rows = sqlx::query!(
        "SELECT resource_link_id, user_id, deployment.platform_id FROM internal.lti_scores
         JOIN users ON users.id = user_id
         JOIN lti_resource_links AS link ON link.id = resource_link_id
         JOIN lti_deployments AS deployment
             ON deployment.id = deployment_id AND deployment.platform_id = users.platform_id
         WHERE user_id = ANY($1) AND link.line_item_url IS NOT NULL",
        learners,
    )
    .fetch_all(conn)
    .await?;
    let jobs = rows.into_iter().map(|row| NewJob {
        kind: JobKind::Score,
        subject: row.resource_link_id,
        learner: Some(LearnerId(row.user_id)),
        platform: row.platform_id,
    });
    Ok(jobs.collect())
}

/// Ends the sessions of these learners.
///
/// # Errors
/// Those of the database.
pub async fn delete_sessions(conn: &mut PgConnection, learners: &[Uuid]) -> sqlx::Result<u64> {
    sqlx::query!(
        "DELETE FROM internal.sessions WHERE user_id = ANY($1)",
        learners
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Deletes learners, and what is still theirs.
///
/// # Errors
/// Those of the database.
pub async fn delete_learners(conn: &mut PgConnection, learners: &[Uuid]) -> sqlx::Result<u64> {
    sqlx::query!("DELETE FROM users WHERE id = ANY($1)", learners)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
}
