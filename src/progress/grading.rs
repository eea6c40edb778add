//! Who is graded, and the job that tells a gradebook column how far they are.
//!
//! The score is computed when the job runs, from completions and the course as they are then: many
//! completions make one score. How it travels is `lti::gradebook`.

use sqlx::PgConnection;
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use super::{Completions, store};
use crate::{
    catalogue::{Catalogue, Scope},
    db::{self, Database},
    learner::LearnerId,
    lti::{
        Platform, ResourceLinkId, Role,
        gradebook::{
            self, Cell, Score,
            store::{self as scores, Assignment},
        },
        services::{Failure, Refusal, RefusalReason, Services},
        store::find_platform,
    },
    outbox::{self, JobKind, NewJob, Outcome},
};

/// Somebody opens a placed activity.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// The platform that they come from.
    pub platform: &'a Platform,
    /// The activity.
    pub link: ResourceLinkId,
    /// Whether its column, or what it opens, is another one than before.
    pub is_changed: bool,
    /// Its gradebook column, when it has one.
    pub line_item: Option<&'a Url>,
    /// What it opens.
    pub scope: Scope,
    /// Who opens it.
    pub learner: LearnerId,
    /// As what.
    pub role: Role,
}

/// Living grains of a scope that are done.
fn score_of(catalogue: &Catalogue, scope: Scope, done: &Completions) -> Score {
    let progress = done.over(scope.places(catalogue));
    let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
    Score {
        given: count(progress.done),
        maximum: count(progress.total),
    }
}

/// Notes at a launch, in its transaction, who is graded where, and queues what the column does
/// not show yet: of this learner, and of all others when the column is new. Tells whether it
/// queued anything.
///
/// Who comes without being graded takes nothing away.
///
/// # Errors
/// Those of the database.
pub async fn enrol(
    conn: &mut PgConnection,
    catalogue: &Catalogue,
    opening: &Opening<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let mut graded = Vec::new();
    if opening.is_changed && opening.line_item.is_some() {
        graded = scores::list_graded_learners(conn, opening.link).await?;
    }
    if opening.role.is_graded() {
        let Opening { link, learner, .. } = *opening;
        let known = scores::upsert_graded_learner(conn, link, learner, opening.line_item).await?;
        let done = known.done.into_iter().map(|grain| (grain, now));
        let done = Completions::from_rows(catalogue, done);
        let score = score_of(catalogue, opening.scope, &done);
        if opening.line_item.is_some() && gradebook::decide(opening.platform, score, known.sent) {
            graded.push(learner);
        }
    }
    let jobs: Vec<_> = graded
        .into_iter()
        .map(|learner| NewJob {
            kind: JobKind::Score,
            subject: opening.link.0,
            learner: Some(learner),
            platform: opening.platform.id.0,
        })
        .collect();
    outbox::enqueue(conn, &jobs, now).await?;
    Ok(!jobs.is_empty())
}

/// A score, and what its column accepted so far.
struct Task {
    platform: Platform,
    cell: Cell,
    score: Score,
    sent: Option<Score>,
}

/// Sends the score of a learner, if the column is to show another one.
///
/// # Errors
/// Those of the database.
pub async fn send(
    services: &Services,
    db: &Database,
    catalogue: &Catalogue,
    link: Uuid,
    learner: LearnerId,
) -> sqlx::Result<Outcome> {
    let link = ResourceLinkId(link);
    let Some(task) = find_task(db, catalogue, link, learner).await? else {
        return Ok(Outcome::Done);
    };
    let Task {
        platform,
        cell,
        score,
        sent,
    } = task;
    if !gradebook::decide(&platform, score, sent) {
        return Ok(Outcome::Done);
    }
    match gradebook::send(services, &platform, &cell, score).await {
        Ok(timestamp) => {
            // Forgotten, it would be told once more.
            let line_item = &cell.line_item_url;
            db::insist(|| mark_sent(db, link, learner, line_item, score, timestamp)).await?;
            Ok(Outcome::Done)
        }
        Err(Failure::Later(postponement)) => Ok(Outcome::Later(postponement)),
        Err(Failure::Refused(refusal)) => {
            let platform = platform.id.0;
            let (reason, status) = (refusal.reason.as_str(), refusal.status);
            tracing::warn!(platform.id = %platform, reason, status, "a score is refused for good");
            let now = services.now();
            db::insist(|| mark_refused(db, link, learner, &refusal, now)).await?;
            Ok(Outcome::Done)
        }
    }
}

/// Reads all that a score needs; nothing when there is no column or nothing to count (any more).
async fn find_task(
    db: &Database,
    catalogue: &Catalogue,
    link: ResourceLinkId,
    learner: LearnerId,
) -> sqlx::Result<Option<Task>> {
    let mut conn = db.acquire().await?;
    let assignment = scores::find_assignment(&mut conn, link, learner).await?;
    let platform = match &assignment {
        Some(assignment) => find_platform(&mut conn, assignment.platform).await?,
        None => None,
    };
    let completions = store::find_completions(&mut conn, catalogue, learner).await?;
    conn.keep().await?;
    let (Some(assignment), Some(platform)) = (assignment, platform) else {
        return Ok(None);
    };
    let Assignment {
        scope_kind,
        scope_id,
        cell,
        sent,
        ..
    } = assignment;
    let scope = Scope::find(catalogue, &scope_kind, scope_id.as_deref());
    Ok(scope.map(|scope| Task {
        platform,
        cell,
        score: score_of(catalogue, scope, &completions),
        sent,
    }))
}

/// Notes that the score of a learner is given up, for the teacher to see.
///
/// # Errors
/// Those of the database.
pub async fn note_given_up(
    db: &Database,
    link: Uuid,
    learner: LearnerId,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let refusal = Refusal::ours(RefusalReason::GivenUp);
    mark_refused(db, ResourceLinkId(link), learner, &refusal, now).await
}

async fn mark_sent(
    db: &Database,
    link: ResourceLinkId,
    learner: LearnerId,
    line_item: &Url,
    score: Score,
    timestamp: OffsetDateTime,
) -> sqlx::Result<()> {
    let mut conn = db.acquire().await?;
    scores::mark_sent(&mut conn, link, learner, line_item, score, timestamp).await?;
    conn.keep().await?;
    Ok(())
}

async fn mark_refused(
    db: &Database,
    link: ResourceLinkId,
    learner: LearnerId,
    refusal: &Refusal,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let mut conn = db.acquire().await?;
    scores::mark_refused(&mut conn, link, learner, refusal, now).await?;
    conn.keep().await?;
    Ok(())
}
