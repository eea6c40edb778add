//! The SQL of retention, and all of it.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Inactive;

/// Counts learners without activity since `limit` who have no session open at `now`.
///
/// # Errors
/// Those of the database.
pub async fn count_inactive(
    conn: &mut PgConnection,
    limit: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<Inactive> {
    sqlx::query_as!(
        Inactive,
        r#"
        WITH inactive AS (SELECT internal.list_inactive_learners($1, $2) AS id)
        SELECT (SELECT count(*) FROM inactive) AS "learners!",
               (SELECT count(*) FROM inactive
                WHERE NOT EXISTS (SELECT FROM progress WHERE user_id = inactive.id)
                  AND NOT EXISTS (SELECT FROM internal.last_visits WHERE user_id = inactive.id)
                  AND EXISTS (SELECT FROM lti_memberships WHERE user_id = inactive.id)
                  AND NOT EXISTS (SELECT FROM lti_memberships WHERE user_id = inactive.id AND launched_at IS NOT NULL)
               ) AS "never_came!",
               (SELECT count(*) FROM progress WHERE user_id IN (SELECT id FROM inactive)) AS "completions!"
        "#,
        limit,
        now,
    )
    .fetch_one(conn)
    .await
}

/// When the last run began.
///
/// # Errors
/// Those of the database.
pub async fn find_last_run(conn: &mut PgConnection) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!("SELECT ran_at FROM internal.retention")
        .fetch_optional(conn)
        .await
}

/// Notes that a run begins now, unless one began since `begun_before`; tells whether it may. A run of
/// the future was one of a wrong clock, and does not count.
///
/// # Errors
/// Those of the database.
pub async fn claim_run(
    conn: &mut PgConnection,
    begun_before: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO internal.retention AS known (ran_at) VALUES ($2)
         ON CONFLICT (one_row) DO UPDATE SET ran_at = excluded.ran_at
         WHERE known.ran_at <= $1 OR known.ran_at > $2 + interval '1 hour'",
        begun_before,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets a run that came to nothing.
///
/// # Errors
/// Those of the database.
pub async fn delete_run(conn: &mut PgConnection, ran_at: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM internal.retention WHERE ran_at = $1", ran_at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Holds up to `count` learners without activity until the end of the transaction; those whom
/// somebody else holds are left for the next run.
///
/// # Errors
/// Those of the database.
pub async fn lock_inactive(
    conn: &mut PgConnection,
    limit: OffsetDateTime,
    now: OffsetDateTime,
    count: i64,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "SELECT id FROM users WHERE id IN (SELECT internal.list_inactive_learners($1, $2))
         LIMIT $3 FOR UPDATE SKIP LOCKED",
        limit,
        now,
        count,
    )
    .fetch_all(conn)
    .await
}

/// Erases those of these learners who are still without activity; all that is theirs goes with the
/// row. Returns how many they were.
///
/// # Errors
/// Those of the database.
pub async fn delete_inactive(
    conn: &mut PgConnection,
    learners: &[Uuid],
    limit: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "DELETE FROM users WHERE id = ANY($1) AND id IN (SELECT internal.list_inactive_learners($2, $3))",
        learners,
        limit,
        now,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}
