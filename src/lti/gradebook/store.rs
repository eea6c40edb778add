//! The SQL of scores: who is graded where, what was sent, what was refused.

use sqlx::PgConnection;
use time::OffsetDateTime;
use url::Url;

use super::{Cell, Score};
use crate::{
    learner::LearnerId,
    lti::{
        ContextId, PlatformId, ResourceLinkId, Role,
        services::{Refusal, RefusalReason},
    },
};

/// All that a score needs, save what the learner has done.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Which platform holds the column.
    pub platform: PlatformId,
    /// Kind of what the activity opens, as [`crate::catalogue::Scope`] names it.
    pub scope_kind: String,
    /// Which one; none for the course.
    pub scope_id: Option<String>,
    /// The learner's place in the column.
    pub cell: Cell,
    /// What the column accepted last.
    pub sent: Option<Score>,
}

/// A score that the platform did not take.
#[derive(Clone, Debug)]
pub struct RefusedScore {
    /// Of which activity.
    pub link: ResourceLinkId,
    /// Whose.
    pub learner: LearnerId,
    /// Title of the activity over there.
    pub activity: Option<String>,
    /// Why.
    pub refusal: Refusal,
    /// When, UTC.
    pub at: OffsetDateTime,
}

/// What a learner who opens an activity to be graded has done and shows there.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// What the column accepted last.
    pub sent: Option<Score>,
    /// Grains that the learner has done, anywhere in the course.
    pub done: Vec<String>,
}

/// Notes that a learner opened an activity to be graded; one round trip, for a lecture hall that
/// comes at once.
///
/// # Errors
/// Those of the database.
pub async fn upsert_graded_learner(
    conn: &mut PgConnection,
    link: ResourceLinkId,
    learner: LearnerId,
    line_item: Option<&Url>,
) -> sqlx::Result<Enrolled> {
    let row = sqlx::query!(
        r#"
        INSERT INTO internal.lti_scores AS known (resource_link_id, user_id) VALUES ($1, $2)
        ON CONFLICT (resource_link_id, user_id) DO UPDATE SET user_id = excluded.user_id
        RETURNING sent_given, sent_maximum, line_item_url IS NOT DISTINCT FROM $3 AS "is_same_column!",
                  ARRAY(SELECT grain_id FROM progress WHERE progress.user_id = $2) AS "done!"
        "#,
        link.0,
        learner.0,
        line_item.map(Url::as_str),
    )
    .fetch_one(conn)
    .await?;
    Ok(Enrolled {
        sent: score(row.sent_given, row.sent_maximum).filter(|_| row.is_same_column),
        done: row.done,
    })
}

/// The learners who are graded in an activity and have done anything at all.
///
/// # Errors
/// Those of the database.
pub async fn list_graded_learners(
    conn: &mut PgConnection,
    link: ResourceLinkId,
) -> sqlx::Result<Vec<LearnerId>> {
    let ids = sqlx::query_scalar!(
        "SELECT user_id FROM internal.lti_scores AS score
         WHERE resource_link_id = $1 AND EXISTS (SELECT FROM progress WHERE progress.user_id = score.user_id)",
        link.0
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(LearnerId).collect())
}

/// What a learner's score needs; nothing when there is no column (any more), or when the learner
/// teaches there now.
///
/// # Errors
/// Those of the database.
pub async fn find_assignment(
    conn: &mut PgConnection,
    link: ResourceLinkId,
    learner: LearnerId,
) -> sqlx::Result<Option<Assignment>> {
    let row = sqlx::query!(
        r#"
        SELECT deployment.platform_id, scope, scope_id, link.line_item_url AS "line_item_url!", can_read_results,
               moodle_user_id, sent_given, sent_maximum, sent_timestamp,
               score.line_item_url IS NOT DISTINCT FROM link.line_item_url AS "is_same_column!"
        FROM internal.lti_scores AS score
        JOIN lti_resource_links AS link ON link.id = resource_link_id
        JOIN lti_deployments AS deployment ON deployment.id = deployment_id
        JOIN users ON users.id = score.user_id
        LEFT JOIN lti_memberships AS membership USING (context_id, user_id)
        WHERE resource_link_id = $1 AND score.user_id = $2 AND link.line_item_url IS NOT NULL
          AND coalesce(membership.role, $3) = $3
        "#,
        link.0,
        learner.0,
        Role::Learner.as_str(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|row| {
        Some(Assignment {
            platform: PlatformId(row.platform_id),
            scope_kind: row.scope,
            scope_id: row.scope_id,
            cell: Cell {
                line_item_url: Url::parse(&row.line_item_url).ok()?,
                can_read_results: row.can_read_results,
                learner: row.moodle_user_id,
                last_timestamp: row.sent_timestamp.filter(|_| row.is_same_column),
            },
            sent: score(row.sent_given, row.sent_maximum).filter(|_| row.is_same_column),
        })
    }))
}

/// Notes that a column accepted a score, which ends any refusal.
///
/// # Errors
/// Those of the database.
pub async fn mark_sent(
    conn: &mut PgConnection,
    link: ResourceLinkId,
    learner: LearnerId,
    line_item: &Url,
    sent: Score,
    timestamp: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE internal.lti_scores
         SET line_item_url = $3, sent_given = $4, sent_maximum = $5, sent_timestamp = $6,
             refused_reason = NULL, refused_status = NULL, refused_answer = NULL, refused_at = NULL
         WHERE resource_link_id = $1 AND user_id = $2",
        link.0,
        learner.0,
        line_item.as_str(),
        count(sent.given),
        count(sent.maximum),
        timestamp,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a score was refused, for the teacher to see.
///
/// # Errors
/// Those of the database.
pub async fn mark_refused(
    conn: &mut PgConnection,
    link: ResourceLinkId,
    learner: LearnerId,
    refusal: &Refusal,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE internal.lti_scores
         SET refused_reason = $3, refused_status = $4, refused_answer = $5, refused_at = $6
         WHERE resource_link_id = $1 AND user_id = $2",
        link.0,
        learner.0,
        refusal.reason.as_str(),
        refusal.status.map(i32::from),
        refusal.answer,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The scores of a context that are refused, the latest first.
///
/// # Errors
/// Those of the database.
pub async fn list_refused_scores(
    conn: &mut PgConnection,
    context: ContextId,
) -> sqlx::Result<Vec<RefusedScore>> {
    let rows = sqlx::query!(
        r#"
        SELECT link.id, user_id, title, refused_reason AS "reason!", refused_status, refused_answer, refused_at AS "at!"
        FROM internal.lti_scores JOIN lti_resource_links AS link ON link.id = resource_link_id
        WHERE context_id = $1 AND refused_at IS NOT NULL
        ORDER BY refused_at DESC, user_id
        "#,
        context.0,
    )
    .fetch_all(conn)
    .await?;
    let rows = rows.into_iter().filter_map(|row| {
        Some(RefusedScore {
            link: ResourceLinkId(row.id),
            learner: LearnerId(row.user_id),
            activity: row.title,
            refusal: Refusal {
                reason: RefusalReason::from_text(&row.reason)?,
                status: row
                    .refused_status
                    .and_then(|status| u16::try_from(status).ok()),
                answer: row.refused_answer.unwrap_or_default(),
            },
            at: row.at,
        })
    });
    Ok(rows.collect())
}

/// A score that is to be sent once more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TakenUp {
    /// Of which activity.
    pub link: ResourceLinkId,
    /// Whose.
    pub learner: LearnerId,
    /// To which platform.
    pub platform: PlatformId,
}

/// Forgets the refusals of a context, of one learner in one activity if `only` names them, and
/// tells which there were.
///
/// # Errors
/// Those of the database.
pub async fn take_refused_scores(
    conn: &mut PgConnection,
    context: ContextId,
    only: Option<(ResourceLinkId, LearnerId)>,
) -> sqlx::Result<Vec<TakenUp>> {
    let (link, learner) = only.unzip();
    let rows = sqlx::query!(
        "UPDATE internal.lti_scores AS score
         SET refused_reason = NULL, refused_status = NULL, refused_answer = NULL, refused_at = NULL
         FROM lti_resource_links AS link JOIN lti_deployments AS deployment ON deployment.id = deployment_id
         WHERE link.id = resource_link_id AND context_id = $1 AND refused_at IS NOT NULL
           AND link.id = coalesce($2, link.id) AND user_id = coalesce($3, user_id)
         RETURNING link.id, user_id, platform_id",
        context.0,
        link.map(|link| link.0),
        learner.map(|learner| learner.0),
    )
    .fetch_all(conn)
    .await?;
    let taken = rows.into_iter().map(|row| TakenUp {
        link: ResourceLinkId(row.id),
        learner: LearnerId(row.user_id),
        platform: PlatformId(row.platform_id),
    });
    Ok(taken.collect())
}

fn score(given: Option<i32>, maximum: Option<i32>) -> Option<Score> {
    Some(Score {
        given: u32::try_from(given?).ok()?,
        maximum: u32::try_from(maximum?).ok()?,
    })
}

/// Grains are counted by the dozen.
fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
