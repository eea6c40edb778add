//! The SQL of `progress`, and all of it.

use std::sync::Arc;

use sqlx::{PgConnection, error::DatabaseError};
use time::OffsetDateTime;

use super::{Completions, Finished, Standing};
use crate::{
    catalogue::{Catalogue, Place},
    learner::{Learner, LearnerId},
};

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
    let rows = sqlx::query!(
        r#"
        SELECT moodle_user_id, email, name, grain_id AS "grain_id?", completed_at AS "completed_at?"
        FROM users LEFT JOIN progress ON user_id = users.id
        WHERE users.id = $1
        "#,
        learner.0,
    )
    .fetch_all(conn)
    .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let learner = Learner {
        id: learner,
        moodle_user_id: first.moodle_user_id.clone(),
        email: first.email.clone(),
        name: first.name.clone(),
    };
    // Whoever has finished nothing is one row without a grain.
    let done = rows
        .into_iter()
        .filter_map(|row| row.grain_id.zip(row.completed_at));
    Ok(Some(Standing {
        learner: Arc::new(learner),
        completions: Completions::from_rows(catalogue, done),
    }))
}

/// Writes a completion unless it stands already, and brings all of the learner's with it.
///
/// The same statement queues the scores that change by it: both are committed together, in one
/// round trip.
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
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT ON CONSTRAINT completion_once_per_grain DO NOTHING
            RETURNING user_id, grain_id, module_id, sequence_id, completed_at
        )
        SELECT grain_id AS "grain_id!", completed_at AS "completed_at!", false AS "is_new!", false AS "has_jobs!"
        FROM progress WHERE user_id = $1
        UNION ALL
        SELECT grain_id, completed_at, true,
               EXISTS (SELECT FROM internal.lti_scores AS score WHERE score.user_id = inserted.user_id)
               AND internal.queue_scores(user_id, grain_id, module_id, sequence_id, completed_at) > 0
        FROM inserted
        "#,
        learner.0,
        place.grain.id,
        place.module.id,
        place.sequence.id,
        now,
    )
    .fetch_all(conn)
    .await;
    let rows = match rows {
        Err(error) if is_about_nobody(&error) => return Ok(None),
        rows => rows?,
    };
    let is_new = rows.iter().any(|row| row.is_new);
    let has_jobs = rows.iter().any(|row| row.has_jobs);
    let rows = rows.into_iter().map(|row| (row.grain_id, row.completed_at));
    Ok(Some(Finished {
        completions: Completions::from_rows(catalogue, rows),
        is_new,
        has_jobs,
    }))
}

fn is_about_nobody(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.and_then(DatabaseError::constraint) == Some("progress_user_id_fkey")
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

/// Queues the scores that change with a grain, in the transaction that changes it; tells whether
/// there are any.
///
/// # Errors
/// Those of the database.
pub async fn queue_scores(
    conn: &mut PgConnection,
    learner: LearnerId,
    place: &Place,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT internal.queue_scores($1, $2, $3, $4, $5) > 0 AS "has_jobs!""#,
        learner.0,
        place.grain.id,
        place.module.id,
        place.sequence.id,
        now,
    )
    .fetch_one(conn)
    .await
}
