//! What is done: completions, the arithmetic of the bars, and what comes next.
//!
//! The arithmetic is `completions.rs`, all of it pure. The pages and the JSON API call the same
//! acts, so there is one truth.

mod completions;
pub mod grading;
pub mod store;

use std::sync::Arc;

use sqlx::Connection;
use time::OffsetDateTime;

use crate::{
    catalogue::{Catalogue, Place},
    db::Database,
    learner::{Learner, LearnerId},
};

pub use completions::{Completions, Milestone, Progress};

/// A learner and all they have finished.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Who it is.
    pub learner: Arc<Learner>,
    /// What is done.
    pub completions: Completions,
}

/// A completion that was asked for and is now in the database.
#[derive(Clone, Debug)]
pub struct Finished {
    /// All that is done now, the grain counted.
    pub completions: Completions,
    /// Whether this call wrote the row; `false` when the grain was finished before.
    pub is_new: bool,
    /// Whether scores were queued for a platform.
    pub has_jobs: bool,
}

/// What a learner has done; nothing when there is no such learner (any more).
///
/// # Errors
/// Those of the database.
pub async fn find_completions(
    db: &Database,
    catalogue: &Catalogue,
    learner: LearnerId,
) -> sqlx::Result<Completions> {
    let mut conn = db.acquire().await?;
    let completions = store::find_completions(&mut conn, catalogue, learner).await?;
    conn.keep().await?;
    Ok(completions)
}

/// Where a learner stands; `None` when there is no such learner (any more).
///
/// # Errors
/// Those of the database.
pub async fn find_standing(
    db: &Database,
    catalogue: &Catalogue,
    learner: LearnerId,
) -> sqlx::Result<Option<Standing>> {
    let mut conn = db.acquire().await?;
    let standing = store::find_standing(&mut conn, catalogue, learner).await?;
    conn.keep().await?;
    Ok(standing)
}

/// Records that `learner` finished the grain at `place`, and queues the scores that change by it.
///
/// Calling it again changes nothing. `now` is UTC. `None` when there is no such learner
/// (any more); then nothing is written.
///
/// # Errors
/// Those of the database, when nothing was written; never a half-written state.
pub async fn finish_grain(
    db: &Database,
    catalogue: &Catalogue,
    now: OffsetDateTime,
    learner: LearnerId,
    place: &Place,
) -> sqlx::Result<Option<Finished>> {
    let mut conn = db.acquire().await?;
    let mut finished = store::insert_completion(&mut conn, catalogue, learner, place, now).await?;
    conn.keep().await?;
    if let Some(finished) = &mut finished {
        // A row that another request committed meanwhile is outside the snapshot of the statement.
        finished.completions.mark(place, now);
    }
    Ok(finished)
}

/// Takes back the completion of a grain, and queues the scores that change by it; nothing happens
/// when there is none. Tells whether scores were queued.
///
/// # Errors
/// Those of the database, when nothing was changed.
pub async fn undo_grain(
    db: &Database,
    now: OffsetDateTime,
    learner: LearnerId,
    place: &Place,
) -> sqlx::Result<bool> {
    let mut conn = db.acquire().await?;
    let mut transaction = conn.begin().await?;
    let has_jobs = store::delete_completion(&mut transaction, learner, place.grain.id).await?
        && store::queue_scores(&mut transaction, learner, place, now).await?;
    transaction.commit().await?;
    conn.keep().await?;
    Ok(has_jobs)
}
