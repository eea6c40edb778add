//! The SQL of `privacy`, and all of it.

use sqlx::PgConnection;

use super::{
    Activity, Completion, Course, Erased, Grade, Origin, Profile, QueuedJob, RefusedGrade,
    SentGrade, SessionEnd,
};
use crate::learner::LearnerId;

/// The profile of a learner and the platform that names them.
///
/// # Errors
/// Those of the database.
pub async fn find_profile(
    conn: &mut PgConnection,
    learner: LearnerId,
) -> sqlx::Result<Option<(Profile, Option<Origin>)>> {
    let row = sqlx::query!(
        r#"
        SELECT users.id, moodle_user_id, email, users.name, family_name, users.created_at, users.updated_at,
               platform.name AS "platform_name?", issuer AS "issuer?",
               greatest(
                   (SELECT visited_at FROM internal.last_visits WHERE user_id = users.id),
                   (SELECT max(launched_at) FROM lti_memberships WHERE user_id = users.id)
               ) AS last_visit_at
        FROM users LEFT JOIN lti_platforms AS platform ON platform.id = platform_id
        WHERE users.id = $1
        "#,
        learner.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let profile = Profile {
            id: row.id,
            moodle_user_id: row.moodle_user_id,
            name: row.name,
            family_name: row.family_name,
            email: row.email,
            created_at: row.created_at,
            updated_at: row.updated_at,
            last_visit_at: row.last_visit_at,
        };
        let platform = row.platform_name.zip(row.issuer);
        (
            profile,
            platform.map(|(name, issuer)| Origin { name, issuer }),
        )
    }))
}

/// Courses over there that a learner belongs to, the earliest known first.
///
/// # Errors
/// Those of the database.
pub async fn list_courses(
    conn: &mut PgConnection,
    learner: LearnerId,
) -> sqlx::Result<Vec<Course>> {
    sqlx::query_as!(
        Course,
        "SELECT title, label, role, role_source, is_active, membership.created_at AS since, launched_at
         FROM lti_memberships AS membership JOIN lti_contexts AS context ON context.id = context_id
         WHERE user_id = $1 ORDER BY membership.created_at, membership.id",
        learner.0,
    )
    .fetch_all(conn)
    .await
}

/// All grains that a learner has finished, the earliest first.
///
/// # Errors
/// Those of the database.
pub async fn list_completions(
    conn: &mut PgConnection,
    learner: LearnerId,
) -> sqlx::Result<Vec<Completion>> {
    sqlx::query_as!(
        Completion,
        r#"
        SELECT grain_id, grain.title AS grain_title, grain.sequence_id, sequence.title AS sequence_title,
               grain.module_id, module.title AS module_title, completed_at
        FROM progress
        JOIN grains AS grain ON grain.id = grain_id
        JOIN sequences AS sequence ON sequence.id = grain.sequence_id
        JOIN modules AS module ON module.id = grain.module_id
        WHERE user_id = $1 ORDER BY completed_at, progress.id
        "#,
        learner.0,
    )
    .fetch_all(conn)
    .await
}

/// How the activities stand in which a learner is graded.
///
/// # Errors
/// Those of the database.
pub async fn list_grades(conn: &mut PgConnection, learner: LearnerId) -> sqlx::Result<Vec<Grade>> {
    let rows = sqlx::query!(
        r#"
        SELECT link.title, context.title AS "course?", scope, scope_id, sent_given, sent_maximum, sent_timestamp,
               refused_reason, refused_status, refused_answer, refused_at
        FROM internal.lti_scores
        JOIN lti_resource_links AS link ON link.id = resource_link_id
        LEFT JOIN lti_contexts AS context ON context.id = context_id
        WHERE user_id = $1 ORDER BY link.created_at, link.id
        "#,
        learner.0,
    )
    .fetch_all(conn)
    .await?;
    let grades = rows.into_iter().map(|row| {
        let sent = row.sent_given.zip(row.sent_maximum).zip(row.sent_timestamp);
        let refused = row.refused_reason.zip(row.refused_at);
        Grade {
            activity: Activity {
                title: row.title,
                course: row.course,
                scope: row.scope,
                scope_id: row.scope_id,
            },
            sent: sent.map(|((given, maximum), at)| SentGrade { given, maximum, at }),
            refused: refused.map(|(reason, at)| RefusedGrade {
                reason,
                status: row.refused_status,
                answer: row.refused_answer,
                at,
            }),
        }
    });
    Ok(grades.collect())
}

/// What is queued about a learner.
///
/// # Errors
/// Those of the database.
pub async fn list_queued(
    conn: &mut PgConnection,
    learner: LearnerId,
) -> sqlx::Result<Vec<QueuedJob>> {
    let rows = sqlx::query!(
        r#"
        SELECT link.title, context.title AS "course?", scope AS "scope?", scope_id, job.created_at, attempts, error,
               given_up_at
        FROM internal.outbox AS job
        LEFT JOIN lti_resource_links AS link ON link.id = subject_id
        LEFT JOIN lti_contexts AS context ON context.id = context_id
        WHERE user_id = $1 ORDER BY job.created_at, job.id
        "#,
        learner.0,
    )
    .fetch_all(conn)
    .await?;
    let jobs = rows.into_iter().map(|row| QueuedJob {
        activity: row.scope.map(|scope| Activity {
            title: row.title,
            course: row.course,
            scope,
            scope_id: row.scope_id,
        }),
        queued_at: row.created_at,
        attempts: row.attempts,
        error: row.error,
        given_up_at: row.given_up_at,
    });
    Ok(jobs.collect())
}

/// The sessions of a learner, the first to end first.
///
/// # Errors
/// Those of the database.
pub async fn list_sessions(
    conn: &mut PgConnection,
    learner: LearnerId,
) -> sqlx::Result<Vec<SessionEnd>> {
    sqlx::query_as!(
        SessionEnd,
        "SELECT expires_at FROM internal.sessions WHERE user_id = $1 ORDER BY expires_at",
        learner.0,
    )
    .fetch_all(conn)
    .await
}

/// Holds a learner until the end of the transaction; tells whether there is one.
///
/// # Errors
/// Those of the database.
pub async fn lock_learner(conn: &mut PgConnection, learner: LearnerId) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!("SELECT id FROM users WHERE id = $1 FOR UPDATE", learner.0)
        .fetch_optional(conn)
        .await?;
    Ok(found.is_some())
}

/// What goes with a learner.
///
/// # Errors
/// Those of the database.
pub async fn count_kept(conn: &mut PgConnection, learner: LearnerId) -> sqlx::Result<Erased> {
    sqlx::query_as!(
        Erased,
        r#"
        SELECT (SELECT count(*) FROM progress WHERE user_id = $1) AS "completions!",
               (SELECT count(*) FROM lti_memberships WHERE user_id = $1) AS "courses!",
               (SELECT count(*) FROM internal.lti_scores WHERE user_id = $1) AS "grades!",
               (SELECT count(sent_given) FROM internal.lti_scores WHERE user_id = $1) AS "grades_sent!",
               (SELECT count(*) FROM internal.outbox WHERE user_id = $1) AS "queued!",
               (SELECT count(*) FROM internal.sessions WHERE user_id = $1) AS "sessions!"
        "#,
        learner.0,
    )
    .fetch_one(conn)
    .await
}

/// Erases a learner; all that is theirs goes with the row.
///
/// # Errors
/// Those of the database.
pub async fn delete_learner(conn: &mut PgConnection, learner: LearnerId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM users WHERE id = $1", learner.0)
        .execute(conn)
        .await?;
    Ok(())
}
