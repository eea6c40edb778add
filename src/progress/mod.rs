//! What is done: completions, the arithmetic of the bars, and what comes next.
//!
//! The arithmetic is `completions.rs`, all of it pure. The pages and the JSON API call the same
//! acts, so there is one truth.

mod completions;
pub mod store;

use std::sync::Arc;

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
    /// Where the learner stands now, the grain counted.
    pub standing: Standing,
    /// Whether this call wrote the row; `false` when the grain was finished before.
    pub is_new: bool,
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
    conn.keep();
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
    conn.keep();
    Ok(standing)
}

/// Records that `learner` finished the grain at `place`.
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
    conn.keep();
    if let Some(finished) = &mut finished {
        // A row that another request committed meanwhile is outside the snapshot of the statement.
        finished.standing.completions.mark(place, now);
    }
    Ok(finished)
}

/// Takes back the completion of a grain; nothing happens when there is none.
///
/// # Errors
/// Those of the database.
pub async fn undo_grain(db: &Database, learner: LearnerId, place: &Place) -> sqlx::Result<()> {
    let mut conn = db.acquire().await?;
    store::delete_completion(&mut conn, learner, place.grain.id).await?;
    conn.keep();
    Ok(())
}
