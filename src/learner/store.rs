//! The SQL of `learner`, and all of it.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Learner, LearnerId, MoodleUserId, Told};

/// Finds the learner of this identifier, or makes them.
///
/// An e-mail address or a name that is given replaces the one that is kept; one that is
/// not given leaves it alone. Learners without a platform only. The flag tells whether they
/// were made just now.
///
/// # Errors
/// Those of the database.
pub async fn upsert_learner(
    conn: &mut PgConnection,
    moodle_user_id: &MoodleUserId,
    email: Option<&str>,
    name: Option<&str>,
) -> sqlx::Result<(Learner, bool)> {
    let row = sqlx::query!(
        r#"
        INSERT INTO users AS known (moodle_user_id, email, name) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT learner_once_per_platform DO UPDATE
        SET email = coalesce(excluded.email, known.email), name = coalesce(excluded.name, known.name)
        RETURNING id, moodle_user_id, email, name, xmax = 0 AS "is_new!"
        "#,
        moodle_user_id.as_str(),
        email,
        name,
    )
    .fetch_one(conn)
    .await?;
    let learner = Learner {
        id: LearnerId(row.id),
        moodle_user_id: row.moodle_user_id,
        email: row.email,
        name: row.name,
    };
    Ok((learner, row.is_new))
}

/// Finds the learner whom a platform names, or makes them.
///
/// Name and e-mail address are what the platform tells now; what it does not tell any more is
/// kept, since another activity may tell less.
///
/// # Errors
/// Those of the database.
pub async fn upsert_platform_learner(
    conn: &mut PgConnection,
    platform: Uuid,
    moodle_user_id: &MoodleUserId,
    told: Told<'_>,
) -> sqlx::Result<Learner> {
    let row = sqlx::query!(
        r#"
        INSERT INTO users AS known (platform_id, moodle_user_id, email, name, family_name)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT learner_once_per_platform DO UPDATE
        SET email = coalesce(excluded.email, known.email), name = coalesce(excluded.name, known.name),
            family_name = coalesce(excluded.family_name, known.family_name)
        RETURNING id, moodle_user_id, email, name
        "#,
        platform,
        moodle_user_id.as_str(),
        told.email,
        told.name,
        told.family_name,
    )
    .fetch_one(conn)
    .await?;
    Ok(Learner {
        id: LearnerId(row.id),
        moodle_user_id: row.moodle_user_id,
        email: row.email,
        name: row.name,
    })
}

/// The learner whom a platform names, or, without a platform, the one of this identifier.
///
/// # Errors
/// Those of the database.
pub async fn find_learner(
    conn: &mut PgConnection,
    platform: Option<Uuid>,
    moodle_user_id: &MoodleUserId,
) -> sqlx::Result<Option<Learner>> {
    let row = sqlx::query!(
        "SELECT id, moodle_user_id, email, name FROM users
         WHERE platform_id IS NOT DISTINCT FROM $1 AND moodle_user_id = $2",
        platform,
        moodle_user_id.as_str(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Learner {
        id: LearnerId(row.id),
        moodle_user_id: row.moodle_user_id,
        email: row.email,
        name: row.name,
    }))
}

/// The learner without a platform who has this identifier.
///
/// # Errors
/// Those of the database.
pub async fn find_learner_id(
    conn: &mut PgConnection,
    moodle_user_id: &MoodleUserId,
) -> sqlx::Result<Option<LearnerId>> {
    sqlx::query_scalar!(
        "SELECT id FROM users WHERE platform_id IS NULL AND moodle_user_id = $1",
        moodle_user_id.as_str(),
    )
    .fetch_optional(conn)
    .await
    .map(|id| id.map(LearnerId))
}

/// A learner as an operator finds them, without name or address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Summary {
    /// Our key.
    pub id: LearnerId,
    /// Name of the platform; `None` for a profile made without one.
    pub platform: Option<String>,
    /// Grains that they have finished.
    pub completions: i64,
    /// When they came last, UTC.
    pub last_visit_at: Option<OffsetDateTime>,
}

/// All learners of this identifier, those of every platform.
///
/// # Errors
/// Those of the database.
pub async fn list_summaries(
    conn: &mut PgConnection,
    moodle_user_id: &MoodleUserId,
) -> sqlx::Result<Vec<Summary>> {
    let rows = sqlx::query!(
        r#"
        SELECT users.id, platform.name AS "platform?",
               (SELECT count(*) FROM progress WHERE user_id = users.id) AS "completions!",
               greatest(
                   (SELECT visited_at FROM internal.last_visits WHERE user_id = users.id),
                   (SELECT max(launched_at) FROM lti_memberships WHERE user_id = users.id)
               ) AS last_visit_at
        FROM users LEFT JOIN lti_platforms AS platform ON platform.id = platform_id
        WHERE moodle_user_id = $1 ORDER BY users.created_at, users.id
        "#,
        moodle_user_id.as_str(),
    )
    .fetch_all(conn)
    .await?;
    let summaries = rows.into_iter().map(|row| Summary {
        id: LearnerId(row.id),
        platform: row.platform,
        completions: row.completions,
        last_visit_at: row.last_visit_at,
    });
    Ok(summaries.collect())
}
