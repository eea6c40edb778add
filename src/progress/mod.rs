//! What is done: completions, the arithmetic of the bars, and what comes next.
//!
//! The arithmetic is `completions.rs`, all of it pure. The pages and the JSON API call the same
//! acts, so there is one truth.

mod completions;
pub mod store;

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::{
    catalogue::{Catalogue, Place},
    learner::{Learner, LearnerId},
};

pub use completions::{Completions, Milestone, Progress};

/// A learner and all they have finished: what one query brings for a whole page.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Who it is.
    pub learner: Learner,
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

/// Where a learner stands; `None` when there is no such learner (any more).
///
/// # Errors
/// Those of the database.
pub async fn find_standing(
    pool: &PgPool,
    catalogue: &Catalogue,
    learner: LearnerId,
) -> sqlx::Result<Option<Standing>> {
    let mut conn = pool.acquire().await?;
    let row = store::find_standing(&mut conn, learner).await?;
    Ok(row.map(|row| row.into_standing(catalogue)))
}

/// Records that `learner` finished the grain at `place`.
///
/// Calling it again changes nothing. `now` is UTC. `None` when there is no such learner
/// (any more); then nothing is written.
///
/// # Errors
/// Those of the database, when nothing was written; never a half-written state.
pub async fn finish_grain(
    pool: &PgPool,
    catalogue: &Catalogue,
    now: OffsetDateTime,
    learner: LearnerId,
    place: &Place,
) -> sqlx::Result<Option<Finished>> {
    let mut conn = pool.acquire().await?;
    let Some(row) = store::insert_completion(&mut conn, learner, place, now).await? else {
        return Ok(None);
    };
    let is_new = row.is_new;
    let mut standing = row.standing.into_standing(catalogue);
    // A row that another request committed meanwhile is outside the snapshot of the statement.
    standing.completions.mark(place, now);
    Ok(Some(Finished { standing, is_new }))
}

/// Takes back the completion of a grain; nothing happens when there is none.
///
/// # Errors
/// Those of the database.
pub async fn undo_grain(pool: &PgPool, learner: LearnerId, place: &Place) -> sqlx::Result<()> {
    let mut conn = pool.acquire().await?;
    store::delete_completion(&mut conn, learner, place.grain.id).await
}
