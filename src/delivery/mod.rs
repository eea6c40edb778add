//! Runs the jobs of the outbox: scores to gradebooks, class lists from platforms.
//!
//! Each instance has one [`Courier`]; together they share the work. A job that an instance drops,
//! by being killed or by losing the database, is taken up by another one when its lease is over.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    catalogue::Catalogue,
    clock::Clock,
    db::{self, Database},
    lti::{roster, services::Services},
    outbox::{self, Bell, Job, JobKind, NewJob, Outcome, Postponement, Settlement},
    progress::grading,
    sealing,
};

/// How many jobs one instance does at once.
const AT_ONCE: usize = 8;

/// How often it looks for jobs that other instances have queued, or that are due again.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// An attempt takes no longer than this, so that it ends before its lease.
const TIME_LIMIT: Duration = Duration::from_secs(100);

/// Runs jobs; cheap to clone.
#[derive(Clone, Debug)]
pub struct Courier {
    db: Database,
    clock: Clock,
    catalogue: Arc<Catalogue>,
    services: Services,
    bell: Bell,
}

impl Courier {
    /// A courier, still at rest.
    pub fn new(db: Database, clock: Clock, catalogue: Arc<Catalogue>, services: Services) -> Self {
        Self {
            db,
            clock,
            catalogue,
            services,
            bell: Bell::default(),
        }
    }

    /// Says that a job was queued, once its transaction is committed.
    pub fn wake(&self) {
        self.bell.ring();
    }

    /// Runs jobs until `stop` ends, then finishes those that are under way.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut under_way = JoinSet::new();
        loop {
            let free = AT_ONCE.saturating_sub(under_way.len());
            match outbox::claim(&self.db, self.clock.now(), free).await {
                Ok(jobs) => {
                    for job in jobs {
                        let courier = self.clone();
                        under_way.spawn(async move { courier.attempt(job).await });
                    }
                }
                Err(error) => tracing::warn!(%error, "the outbox cannot be read"),
            }
            tokio::select! {
                () = &mut stop => break,
                () = self.bell.wait() => {}
                Some(_) = under_way.join_next() => {}
                () = sleep(LOOK_INTERVAL) => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    /// Runs all jobs that are due now, those that become so meanwhile included; tells how many
    /// attempts that took.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn run_due(&self) -> sqlx::Result<usize> {
        let mut count = 0;
        loop {
            let jobs = outbox::claim(&self.db, self.clock.now(), AT_ONCE).await?;
            if jobs.is_empty() {
                return Ok(count);
            }
            count += jobs.len();
            let attempts = jobs.into_iter().map(|job| {
                let courier = self.clone();
                async move { courier.attempt(job).await }
            });
            attempts.collect::<JoinSet<_>>().join_all().await;
        }
    }

    /// Does a job and says what became of it.
    async fn attempt(&self, job: Job) {
        let kind = job.what.kind.as_str();
        let outcome = match timeout(TIME_LIMIT, self.deliver(&job)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => {
                tracing::warn!(job.id, kind, %error, "a job has lost the database");
                Outcome::Later(Postponement::of_job("the database failed"))
            }
            Err(_) => Outcome::Later(Postponement::of_platform("it took too long")),
        };
        // The lease of a single job holds back half of what its platform is told.
        if let Err(error) = db::insist(|| self.settle(&job, &outcome)).await {
            tracing::warn!(job.id, kind, %error, "a job is left to the end of its lease");
        }
    }

    async fn deliver(&self, job: &Job) -> sqlx::Result<Outcome> {
        let Self {
            db,
            catalogue,
            services,
            ..
        } = self;
        match job.what {
            NewJob {
                kind: JobKind::Score,
                subject,
                learner: Some(learner),
                ..
            } => grading::send(services, db, catalogue, subject, learner).await,
            NewJob {
                kind: JobKind::Roster,
                subject,
                ..
            } => roster::refresh(services, db, subject, job.attempt).await,
            NewJob {
                kind: JobKind::Score,
                learner: None,
                ..
            } => Ok(Outcome::Done),
        }
    }

    async fn settle(&self, job: &Job, outcome: &Outcome) -> sqlx::Result<()> {
        let now = self.clock.now();
        let mut conn = self.db.acquire().await?;
        let settlement = outbox::settle(&mut conn, job, outcome, now, chance()).await?;
        conn.keep().await?;
        let kind = job.what.kind.as_str();
        let (platform, attempt) = (job.what.platform, job.attempt);
        if let Outcome::Later(Postponement { error, .. }) = outcome {
            if settlement == Settlement::GivenUp {
                tracing::error!(job.id, kind, attempt, platform.id = %platform, error, "a job is given up");
                if let Some(learner) = job.what.learner {
                    grading::note_given_up(&self.db, job.what.subject, learner, now).await?;
                }
            } else {
                tracing::warn!(job.id, kind, attempt, platform.id = %platform, error, "a job is put off");
            }
        } else {
            tracing::info!(job.id, kind, attempt, platform.id = %platform, "a job is done");
        }
        Ok(())
    }
}

/// Any number from 0 to 1.
fn chance() -> f64 {
    let bytes = sealing::random::<4>().unwrap_or_default();
    f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
}
