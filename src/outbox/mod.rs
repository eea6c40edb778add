//! Durable jobs: queued in the caller's transaction, claimed by a lease, retried with a growing
//! delay, given up aloud.
//!
//! A job says that something has to be told to a platform, never what: that is read when the job
//! runs, so that many changes make one job. What each kind does is `delivery`.

mod delay;
pub mod store;

use std::sync::Arc;

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{db::Database, learner::LearnerId};

pub use delay::MAX_DELAY;

/// How long a job belongs to the instance that claimed it.
pub const LEASE: Duration = Duration::minutes(2);

/// How many jobs of one platform are under way at once, all instances together.
pub const PER_PLATFORM: i64 = 2;

/// A job that was tried this often is given up; the delays add up to some weeks.
pub const MAX_ATTEMPTS: i32 = 40;

/// A platform that does not answer is left alone this long.
const SILENCE: Duration = Duration::minutes(1);

/// What a job does.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum JobKind {
    /// Sends the score of a learner to the gradebook column of a resource link.
    Score,
    /// Reads the class list of a context.
    Roster,
}

/// A job to be queued; the same kind, subject and learner are the same job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NewJob {
    /// What it does.
    pub kind: JobKind,
    /// What it is about: a resource link for a score, a context for a class list.
    pub subject: Uuid,
    /// Whom it is about.
    pub learner: Option<LearnerId>,
    /// Which platform is told or asked.
    pub platform: Uuid,
}

/// A job that was claimed.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its key.
    pub id: i64,
    /// What it does, about whom and what.
    pub what: NewJob,
    /// Which of its queuings is being done.
    pub version: i32,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// When the lease ends, UTC; names the lease.
    pub leased_until: OffsetDateTime,
}

/// How an attempt ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// There is nothing left to do.
    Done,
    /// It has to be tried again.
    Later(Postponement),
}

/// Why a job has to be tried again, and when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Postponement {
    /// What happened, without personal data.
    pub error: String,
    /// Not before this long from now, when the platform said so.
    pub not_before: Option<Duration>,
    /// Whether the other jobs of the platform would fare no better.
    pub holds_platform: bool,
}

/// What became of a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Settlement {
    /// Done and deleted.
    Done,
    /// Done with facts that have changed meanwhile: it is due again.
    DueAgain,
    /// To be tried again later.
    Postponed,
    /// Given up: somebody must look at it.
    GivenUp,
}

/// Wakes the worker of this instance after a job was queued here.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Notify>);

impl JobKind {
    /// All kinds that this version knows.
    pub const ALL: [Self; 2] = [Self::Score, Self::Roster];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Roster => "roster",
        }
    }

    /// What the database wrote.
    fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Postponement {
    /// For a failure that concerns this job alone.
    pub fn of_job(error: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            not_before: None,
            holds_platform: false,
        }
    }

    /// For a platform that does not answer.
    pub fn of_platform(error: impl Into<String>) -> Self {
        Self {
            holds_platform: true,
            ..Self::of_job(error)
        }
    }
}

impl Bell {
    /// Wakes the worker, or keeps it from falling asleep.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits until somebody rings.
    pub async fn wait(&self) {
        self.0.notified().await;
    }
}

/// Queues jobs in the caller's transaction: each is due at `now`, whatever became of it before.
///
/// # Errors
/// Those of the database.
pub async fn enqueue(
    conn: &mut PgConnection,
    jobs: &[NewJob],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    store::upsert_jobs(conn, jobs, now).await
}

/// Takes up to `limit` jobs that are due at `now` (UTC), for [`LEASE`]; never more than
/// [`PER_PLATFORM`] of one platform, those of other instances counted.
///
/// # Errors
/// Those of the database.
pub async fn claim(db: &Database, now: OffsetDateTime, limit: usize) -> sqlx::Result<Vec<Job>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let mut transaction = db.begin().await?;
    if !store::has_due_jobs(&mut transaction, now).await? {
        return Ok(Vec::new());
    }
    store::lock_claims(&mut transaction).await?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let jobs = store::claim_jobs(&mut transaction, now, now + LEASE, limit).await?;
    transaction.commit().await?;
    Ok(jobs)
}

/// Makes jobs due that stand further in the future than a job ever does: the clock of this machine
/// was ahead, and was set right. Tells how many there were.
///
/// # Errors
/// Those of the database.
pub async fn bring_back(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<u64> {
    // Twice as far: another instance's clock may be a little ahead.
    store::mark_due(conn, now, now + LEASE * 2, now + MAX_DELAY * 2).await
}

/// Ends an attempt. `chance` is any number from 0 to 1; it spreads retries.
///
/// A job whose lease went to another instance meanwhile is left to that one.
///
/// # Errors
/// Those of the database; the job is tried again when its lease is over.
pub async fn settle(
    conn: &mut PgConnection,
    job: &Job,
    outcome: &Outcome,
    now: OffsetDateTime,
    chance: f64,
) -> sqlx::Result<Settlement> {
    match outcome {
        Outcome::Done => {
            if store::delete_job(conn, job).await? {
                return Ok(Settlement::Done);
            }
            store::mark_released(conn, job).await?;
            Ok(Settlement::DueAgain)
        }
        Outcome::Later(postponement) if job.attempt >= MAX_ATTEMPTS => {
            if store::mark_given_up(conn, job, &postponement.error, now).await? {
                return Ok(Settlement::GivenUp);
            }
            store::mark_released(conn, job).await?;
            Ok(Settlement::DueAgain)
        }
        Outcome::Later(postponement) => {
            let due_at = now + delay::after(job.attempt, postponement.not_before, chance);
            let holds_until = postponement.holds_platform.then(|| {
                let is_told = postponement.not_before.is_some();
                if is_told {
                    due_at
                } else {
                    due_at.min(now + SILENCE)
                }
            });
            store::mark_postponed(conn, job, due_at, holds_until, &postponement.error).await?;
            Ok(Settlement::Postponed)
        }
    }
}
