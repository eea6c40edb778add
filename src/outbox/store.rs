//! The SQL of `outbox`, and all of it, save one function of the database: `internal.queue_scores`
//! queues scores within the statement that writes a completion.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Job, JobKind, NewJob, PER_PLATFORM};
use crate::learner::LearnerId;

/// Key of the advisory lock under which jobs are claimed; any constant of our own.
const CLAIM_LOCK: i64 = 0x6f75_7462_6f78_2121;

/// Makes the jobs, or makes them due again; always in the same order, so that two transactions
/// do not wait for one another.
///
/// # Errors
/// Those of the database.
pub async fn upsert_jobs(
    conn: &mut PgConnection,
    jobs: &[NewJob],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let kinds: Vec<_> = jobs.iter().map(|job| job.kind.as_str()).collect();
    let subjects: Vec<_> = jobs.iter().map(|job| job.subject).collect();
    let learners: Vec<_> = jobs.iter().map(|job| job.learner.map(|id| id.0)).collect();
    let platforms: Vec<_> = jobs.iter().map(|job| job.platform).collect();
    sqlx::query!(
        r#"
        INSERT INTO internal.outbox AS known (kind, subject_id, user_id, platform_id, due_at, created_at)
        SELECT DISTINCT ON (kind, subject_id, user_id) kind, subject_id, user_id, platform_id, $5, $5
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[]) AS job (kind, subject_id, user_id, platform_id)
        ORDER BY kind, subject_id, user_id
        ON CONFLICT ON CONSTRAINT job_once DO UPDATE
        SET version = known.version + 1, attempts = 0, due_at = least(known.due_at, excluded.due_at), given_up_at = NULL
        "#,
        &kinds as &[&str],
        &subjects,
        &learners as &[Option<Uuid>],
        &platforms,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether it is worth the lock to claim: never in read-only mode, where jobs wait for the move.
///
/// # Errors
/// Those of the database.
pub async fn has_due_jobs(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM internal.outbox
            WHERE given_up_at IS NULL AND due_at <= $1 AND coalesce(leased_until, '-infinity') <= $1
        ) AND NOT EXISTS (SELECT FROM internal.read_only WHERE is_on) AS "has_due!"
        "#,
        now,
    )
    .fetch_one(conn)
    .await
}

/// Lets one instance claim at a time, until the end of the transaction: the jobs under way are
/// counted.
///
/// # Errors
/// Those of the database.
pub async fn lock_claims(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", CLAIM_LOCK)
        .execute(conn)
        .await?;
    Ok(())
}

/// Leases jobs that are due, the oldest first; under [`lock_claims`].
///
/// Left out: jobs that somebody is queuing again at this moment, those of platforms that are not
/// approved or asked for rest, and kinds that a newer version has queued.
///
/// # Errors
/// Those of the database.
pub async fn claim_jobs(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    leased_until: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<Vec<Job>> {
    let kinds = JobKind::ALL.map(JobKind::as_str);
    let rows = sqlx::query!(
        r#"
        WITH busy AS (
            SELECT platform_id, count(*) FILTER (WHERE leased_until > $1) AS leases,
                   max(holds_platform_until) AS held_until
            FROM internal.outbox GROUP BY platform_id
        ), ranked AS (
            SELECT job.id, leases + row_number() OVER (PARTITION BY platform_id ORDER BY job.due_at, job.id) AS rank
            FROM internal.outbox AS job
            JOIN busy USING (platform_id)
            JOIN lti_platforms AS platform ON platform.id = platform_id AND platform.status = 'approved'
            WHERE given_up_at IS NULL AND due_at <= $1 AND coalesce(leased_until, '-infinity') <= $1
              AND coalesce(held_until, '-infinity') <= $1 AND kind = ANY($5)
        ), chosen AS (
            SELECT job.id FROM internal.outbox AS job JOIN ranked USING (id)
            WHERE rank <= $4 ORDER BY job.due_at, job.id LIMIT $3
            FOR UPDATE OF job SKIP LOCKED
        )
        UPDATE internal.outbox AS job SET leased_until = $2, attempts = attempts + 1
        FROM chosen WHERE job.id = chosen.id
        RETURNING job.id, kind, subject_id, user_id, platform_id, version, attempts, leased_until AS "leased_until!"
        "#,
        now,
        leased_until,
        limit,
        PER_PLATFORM,
        &kinds as &[&str],
    )
    .fetch_all(conn)
    .await?;
    let jobs = rows.into_iter().filter_map(|row| {
        Some(Job {
            id: row.id,
            what: NewJob {
                kind: JobKind::from_text(&row.kind)?,
                subject: row.subject_id,
                learner: row.user_id.map(LearnerId),
                platform: row.platform_id,
            },
            version: row.version,
            attempt: row.attempts,
            leased_until: row.leased_until,
        })
    });
    Ok(jobs.collect())
}

/// Makes jobs due now whose lease ends after `longest_lease`, or which wait beyond `longest_wait`;
/// tells how many.
///
/// # Errors
/// Those of the database.
pub async fn mark_due(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    longest_lease: OffsetDateTime,
    longest_wait: OffsetDateTime,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE internal.outbox
         SET due_at = least(due_at, $1), leased_until = NULL, holds_platform_until = NULL
         WHERE leased_until > $2 OR due_at > $3 OR holds_platform_until > $3",
        now,
        longest_lease,
        longest_wait,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Deletes a job that is done, unless it was queued again meanwhile; tells whether it did.
///
/// # Errors
/// Those of the database.
pub async fn delete_job(conn: &mut PgConnection, job: &Job) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "DELETE FROM internal.outbox WHERE id = $1 AND version = $2 AND leased_until = $3",
        job.id,
        job.version,
        job.leased_until,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the lease of a job; when it is due stays as it is.
///
/// # Errors
/// Those of the database.
pub async fn mark_released(conn: &mut PgConnection, job: &Job) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE internal.outbox SET leased_until = NULL WHERE id = $1 AND leased_until = $2",
        job.id,
        job.leased_until,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends the lease of a job that is to be tried again at `due_at`; what was queued again meanwhile
/// stays due. `holds_until` keeps all jobs of its platform back.
///
/// # Errors
/// Those of the database.
pub async fn mark_postponed(
    conn: &mut PgConnection,
    job: &Job,
    due_at: OffsetDateTime,
    holds_until: Option<OffsetDateTime>,
    error: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE internal.outbox
         SET leased_until = NULL, due_at = CASE WHEN version = $2 THEN $4 ELSE due_at END,
             holds_platform_until = $5, error = $6
         WHERE id = $1 AND leased_until = $3",
        job.id,
        job.version,
        job.leased_until,
        due_at,
        holds_until,
        error,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a job up, unless it was queued again meanwhile; tells whether it did. It stays for
/// people to look at.
///
/// # Errors
/// Those of the database.
pub async fn mark_given_up(
    conn: &mut PgConnection,
    job: &Job,
    error: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE internal.outbox SET leased_until = NULL, given_up_at = $4, error = $5
         WHERE id = $1 AND version = $2 AND leased_until = $3",
        job.id,
        job.version,
        job.leased_until,
        now,
        error,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
