//! Learners who are one person: what both have done is kept, once.

pub mod store;

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Pairs;
use crate::outbox::{self, NewJob};

/// What a merge changed, in rows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Merged {
    /// Learners who went into another one.
    pub learners: u64,
    /// Learners who have another user id now.
    pub renumbered: u64,
    /// Completions that the kept ones did not have.
    pub completions: u64,
    /// Completions that both had, the earlier date being that of the one who went.
    pub earlier_dates: u64,
    /// Courses over there that the kept ones did not belong to.
    pub courses: u64,
    /// Courses over there that both belonged to.
    pub courses_united: u64,
    /// Activities in which the kept ones were not graded.
    pub activities: u64,
    /// Courses and activities of another platform than the kept ones'; there they are not known.
    pub of_other_platforms: u64,
    /// Sessions that ended.
    pub sessions: u64,
    /// Grades that are to be told again.
    pub grades: u64,
}

/// Why learners are not merged; nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// One of them does not exist.
    #[error("no learner has the id {0}")]
    Unknown(Uuid),
    /// Both are the same row.
    #[error("both ids are the same learner")]
    Same,
    /// A platform names the one who would go, and none the one who would be kept.
    #[error(
        "a platform names --from, and none names --into: at the next launch the profile would be made again. Exchange the two"
    )]
    LosesPlatform,
    /// The database cannot be read or written.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Merges learners: those who go, into those who are kept.
///
/// Completions are united, each with its earlier date. Name, address and user id are those of the
/// kept one, save where they are missing. Of a course that both belonged to, the role is that of
/// whoever came last, as a launch would tell it. The grades of the kept one are counted anew.
///
/// # Errors
/// [`MergeError`].
pub async fn merge(
    conn: &mut PgConnection,
    pairs: &Pairs,
    now: OffsetDateTime,
) -> Result<Merged, MergeError> {
    if pairs
        .gone
        .iter()
        .zip(&pairs.kept)
        .any(|(gone, kept)| gone == kept)
    {
        return Err(MergeError::Same);
    }
    // Nobody adds anything to a learner who is held.
    let held = store::lock_learners(conn, pairs).await?;
    let all = pairs.gone.iter().chain(&pairs.kept);
    for id in all {
        if !held.contains(id) {
            return Err(MergeError::Unknown(*id));
        }
    }
    if store::is_platform_lost(conn, pairs).await? {
        return Err(MergeError::LosesPlatform);
    }
    let mut merged = Merged {
        completions: store::move_completions(conn, pairs).await?,
        earlier_dates: store::take_earlier_dates(conn, pairs).await?,
        courses: store::move_memberships(conn, pairs).await?,
        courses_united: store::unite_memberships(conn, pairs).await?,
        activities: store::move_scores(conn, pairs).await?,
        of_other_platforms: store::count_left(conn, pairs).await?,
        ..Merged::default()
    };
    store::unite_visits(conn, pairs).await?;
    store::unite_profiles(conn, pairs).await?;
    merged.grades = tell_again(conn, &pairs.kept, now).await?;
    merged.sessions = store::delete_sessions(conn, &pairs.gone).await?;
    merged.learners = store::delete_learners(conn, &pairs.gone).await?;
    Ok(merged)
}

/// Queues all grades of these learners; a column that shows them already is left alone when the job
/// runs.
pub(super) async fn tell_again(
    conn: &mut PgConnection,
    learners: &[Uuid],
    now: OffsetDateTime,
) -> sqlx::Result<u64> {
    let jobs: Vec<NewJob> = store::list_score_jobs(conn, learners).await?;
    outbox::enqueue(conn, &jobs, now).await?;
    Ok(u64::try_from(jobs.len()).unwrap_or(u64::MAX))
}
