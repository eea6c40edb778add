//! The class: the learners of one context, as their teacher sees them: roster and progress
//! together.
//!
//! What a member has done is read at once and counted here, purely: states (`member.rs`), where
//! people stop and when they read (`figures.rs`), who is shown and in which order (`selection.rs`).
//! The pages are `web::pages::class`, the files to take away `export.rs`.

pub mod export;
mod figures;
mod member;
mod selection;
pub mod store;

use sqlx::Connection;
use time::OffsetDateTime;

use crate::{
    catalogue::Catalogue,
    db::Database,
    learner::LearnerId,
    lti::{
        ContextId, ResourceLinkId,
        gradebook::store::{self as scores, RefusedScore},
    },
    outbox::{self, JobKind, NewJob},
};

pub use figures::{DAYS, Day, Reach, days, reaches};
pub use member::{Grade, IDLE, Member, Named, State};
pub use selection::{Order, Selection};

/// A class as it stands.
#[derive(Clone, Debug)]
pub struct Class {
    /// Where it is.
    pub context: Context,
    /// Its learners, by family name; who teaches, assists or tries things out is none.
    pub members: Vec<Member>,
    /// Scores that the platform did not take, the latest first.
    pub refused: Vec<RefusedScore>,
}

/// The course over there.
#[derive(Clone, Debug)]
pub struct Context {
    /// Its title over there, or its short name.
    pub title: Option<String>,
    /// Which platform it is on, by its own name (an address).
    pub issuer: String,
    /// Whether the platform gives its class list at all.
    pub has_roster: bool,
    /// When the list was last read, UTC.
    pub roster_read_at: Option<OffsetDateTime>,
    /// Since when it cannot be read, UTC.
    pub roster_failed_at: Option<OffsetDateTime>,
}

/// Reads a class: two statements, and a third when scores were refused. `None` when there is no
/// such context (any more).
///
/// # Errors
/// Those of the database.
pub async fn find_class(
    db: &Database,
    catalogue: &Catalogue,
    context: ContextId,
) -> sqlx::Result<Option<Class>> {
    let mut conn = db.acquire().await?;
    let Some(found) = store::find_context(&mut conn, context).await? else {
        conn.keep().await?;
        return Ok(None);
    };
    let members = store::list_members(&mut conn, catalogue, context).await?;
    let has_refusals = members.iter().any(|member| member.grade == Grade::Refused);
    let refused = if has_refusals {
        scores::list_refused_scores(&mut conn, context).await?
    } else {
        Vec::new()
    };
    conn.keep().await?;
    Ok(Some(Class {
        context: found,
        members,
        refused,
    }))
}

/// Queues scores of a class that were refused, once more: all of them, or that of one learner in
/// one activity; tells how many.
///
/// # Errors
/// Those of the database, when nothing was changed.
pub async fn resend_scores(
    db: &Database,
    context: ContextId,
    only: Option<(ResourceLinkId, LearnerId)>,
    now: OffsetDateTime,
) -> sqlx::Result<usize> {
    let mut conn = db.acquire().await?;
    let mut transaction = conn.begin().await?;
    let taken = scores::take_refused_scores(&mut transaction, context, only).await?;
    let jobs: Vec<_> = taken
        .iter()
        .map(|score| NewJob {
            kind: JobKind::Score,
            subject: score.link.0,
            learner: Some(score.learner),
            platform: score.platform.0,
        })
        .collect();
    outbox::enqueue(&mut transaction, &jobs, now).await?;
    transaction.commit().await?;
    conn.keep().await?;
    Ok(jobs.len())
}
