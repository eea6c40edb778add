//! The SQL of `progress`, and all of it.

use std::sync::Arc;

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Completions, Finished, Standing};
use crate::{
    catalogue::{Catalogue, Place},
    learner::{Learner, LearnerId},
};

/// One completion beside the learner it belongs to; no completion, no time: nothing is done yet.
struct StandingRow {
    moodle_user_id: String,
    email: Option<String>,
    name: Option<String>,
    grain_id: Option<String>,
    completed_at: Option<OffsetDateTime>,
}

/// All completions of a learner, from one index: the query of every page.
///
/// # Errors
/// Those of the database.
pub async fn find_completions(
    conn: &mut PgConnection,
    catalogue: &Catalogue,
    learner: LearnerId,
) -> sqlx::Result<Completions> {
    let rows = sqlx::query!(
        "SELECT grain_id, completed_at FROM progress WHERE user_id = $1",
        learner.0
    )
    .fetch_all(conn)
    .await?;
    let rows = rows.into_iter().map(|row| (row.grain_id, row.completed_at));
    Ok(Completions::from_rows(catalogue, rows))
}

/// The learner and all their completions, in one round trip.
///
/// # Errors
/// Those of the database.
pub async fn find_standing(
    conn: &mut PgConnection,
    catalogue: &Catalogue,
    learner: LearnerId,
) -> sqlx::Result<Option<Standing>> {
    let rows = sqlx::query_as!(
        StandingRow,
        r#"
        SELECT moodle_user_id, email, name, grain_id AS "grain_id?", completed_at AS "completed_at?"
        FROM users LEFT JOIN progress ON user_id = users.id
        WHERE users.id = $1
        "#,
        learner.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(into_standing(catalogue, learner, rows))
}

/// Writes a completion unless it stands already, and brings the learner's standing with it.
///
/// The same statement queues the score of each activity that counts the grain and grades the
/// learner (see `outbox::store::upsert_jobs`): both are committed together, in one round trip.
/// `None` when there is no such learner; nothing is written then.
///
/// # Errors
/// Those of the database, when nothing was written.
pub async fn insert_completion(
    conn: &mut PgConnection,
    catalogue: &Catalogue,
    learner: LearnerId,
    place: &Place,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Finished>> {
    let rows = sqlx::query!(
        r#"
        WITH inserted AS (
            INSERT INTO progress (user_id, grain_id, module_id, sequence_id, completed_at)
            SELECT id, $2, $3, $4, $5 FROM users WHERE id = $1
            ON CONFLICT ON CONSTRAINT completion_once_per_grain DO NOTHING
            RETURNING user_id, grain_id, completed_at
        ), queued AS (
            INSERT INTO internal.outbox AS known (kind, subject_id, user_id, platform_id, due_at, created_at)
            SELECT 'score', resource_link_id, user_id, platform_id, $5, $5
            FROM inserted JOIN internal.lti_scores USING (user_id)
            JOIN lti_resource_links AS link ON link.id = resource_link_id
            JOIN lti_deployments AS deployment ON deployment.id = deployment_id
            WHERE link.line_item_url IS NOT NULL
              AND (scope, coalesce(scope_id, '')) IN (('course', ''), ('module', $3), ('sequence', $4), ('grain', $2))
            ORDER BY resource_link_id
            ON CONFLICT ON CONSTRAINT job_once DO UPDATE
            SET version = known.version + 1, attempts = 0, due_at = least(known.due_at, excluded.due_at),
                given_up_at = NULL
            RETURNING id
        ), done AS (
            SELECT user_id, grain_id, completed_at FROM progress
            UNION ALL SELECT user_id, grain_id, completed_at FROM inserted
        )
        SELECT moodle_user_id, email, name, grain_id AS "grain_id?", completed_at AS "completed_at?",
               EXISTS (SELECT FROM inserted) AS "is_new!", EXISTS (SELECT FROM queued) AS "has_jobs!"
        FROM users LEFT JOIN done ON user_id = users.id
        WHERE users.id = $1
        "#,
        learner.0,
        place.grain.id,
        place.module.id,
        place.sequence.id,
        now,
    )
    .fetch_all(conn)
    .await?;
    let is_new = rows.iter().any(|row| row.is_new);
    let has_jobs = rows.iter().any(|row| row.has_jobs);
    let rows = rows.into_iter().map(|row| StandingRow {
        moodle_user_id: row.moodle_user_id,
        email: row.email,
        name: row.name,
        grain_id: row.grain_id,
        completed_at: row.completed_at,
    });
    let standing = into_standing(catalogue, learner, rows);
    Ok(standing.map(|standing| Finished {
        standing,
        is_new,
        has_jobs,
    }))
}

/// Gathers the rows of one learner; no row, no learner.
fn into_standing(
    catalogue: &Catalogue,
    id: LearnerId,
    rows: impl IntoIterator<Item = StandingRow>,
) -> Option<Standing> {
    let mut rows = rows.into_iter();
    let StandingRow {
        moodle_user_id,
        email,
        name,
        grain_id,
        completed_at,
    } = rows.next()?;
    let rest = rows.filter_map(|row| row.grain_id.zip(row.completed_at));
    let done = grain_id.zip(completed_at).into_iter().chain(rest);
    Some(Standing {
        learner: Arc::new(Learner {
            id,
            moodle_user_id,
            email,
            name,
        }),
        completions: Completions::from_rows(catalogue, done),
    })
}

/// Takes a completion back; tells whether there was one.
///
/// # Errors
/// Those of the database.
pub async fn delete_completion(
    conn: &mut PgConnection,
    learner: LearnerId,
    grain: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "DELETE FROM progress WHERE user_id = $1 AND grain_id = $2",
        learner.0,
        grain
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
