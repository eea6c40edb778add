//! The SQL of `progress`, and all of it.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Completions, Standing};
use crate::{
    catalogue::{Catalogue, Place},
    learner::{Learner, LearnerId},
};

/// A learner with their completions, as one row.
#[derive(Debug)]
pub struct StandingRow {
    id: Uuid,
    moodle_user_id: String,
    email: Option<String>,
    name: Option<String>,
    grain_ids: Vec<String>,
    times: Vec<OffsetDateTime>,
}

impl StandingRow {
    /// Sorts the completions into the course.
    pub fn into_standing(self, catalogue: &Catalogue) -> Standing {
        let rows = self.grain_ids.iter().map(String::as_str).zip(self.times);
        Standing {
            completions: Completions::from_rows(catalogue, rows),
            learner: Learner {
                id: LearnerId(self.id),
                moodle_user_id: self.moodle_user_id,
                email: self.email,
                name: self.name,
            },
        }
    }
}

/// What [`insert_completion`] found and did.
#[derive(Debug)]
pub struct InsertedCompletion {
    /// The learner's completions, the new one among them.
    pub standing: StandingRow,
    /// Whether this statement wrote the row.
    pub is_new: bool,
}

/// The learner and all their completions, in one round trip and from one index.
///
/// # Errors
/// Those of the database.
pub async fn find_standing(
    conn: &mut PgConnection,
    learner: LearnerId,
) -> sqlx::Result<Option<StandingRow>> {
    sqlx::query_as!(
        StandingRow,
        r#"
        SELECT users.id, moodle_user_id, email, name,
               coalesce(done.grain_ids, '{}') AS "grain_ids!",
               coalesce(done.times, '{}') AS "times!"
        FROM users, LATERAL (
            SELECT array_agg(grain_id) AS grain_ids, array_agg(completed_at) AS times
            FROM progress WHERE user_id = users.id
        ) AS done
        WHERE users.id = $1
        "#,
        learner.0,
    )
    .fetch_optional(conn)
    .await
}

/// Writes a completion unless it stands already, and brings the learner's standing with it.
///
/// `None` when there is no such learner; nothing is written then.
///
/// # Errors
/// Those of the database, when nothing was written.
pub async fn insert_completion(
    conn: &mut PgConnection,
    learner: LearnerId,
    place: &Place,
    now: OffsetDateTime,
) -> sqlx::Result<Option<InsertedCompletion>> {
    let row = sqlx::query!(
        r#"
        WITH inserted AS (
            INSERT INTO progress (user_id, grain_id, module_id, sequence_id, completed_at)
            SELECT id, $2, $3, $4, $5 FROM users WHERE id = $1
            ON CONFLICT ON CONSTRAINT completion_once_per_grain DO NOTHING
            RETURNING grain_id, completed_at
        )
        SELECT users.id, moodle_user_id, email, name,
               coalesce(done.grain_ids, '{}') AS "grain_ids!",
               coalesce(done.times, '{}') AS "times!",
               EXISTS (SELECT FROM inserted) AS "is_new!"
        FROM users, LATERAL (
            SELECT array_agg(grain_id) AS grain_ids, array_agg(completed_at) AS times
            FROM (
                SELECT grain_id, completed_at FROM progress WHERE user_id = users.id
                UNION ALL SELECT grain_id, completed_at FROM inserted
            ) AS completions
        ) AS done
        WHERE users.id = $1
        "#,
        learner.0,
        place.grain.id,
        place.module.id,
        place.sequence.id,
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| InsertedCompletion {
        is_new: row.is_new,
        standing: StandingRow {
            id: row.id,
            moodle_user_id: row.moodle_user_id,
            email: row.email,
            name: row.name,
            grain_ids: row.grain_ids,
            times: row.times,
        },
    }))
}

/// Takes a completion back.
///
/// # Errors
/// Those of the database.
pub async fn delete_completion(
    conn: &mut PgConnection,
    learner: LearnerId,
    grain: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM progress WHERE user_id = $1 AND grain_id = $2",
        learner.0,
        grain
    )
    .execute(conn)
    .await?;
    Ok(())
}
