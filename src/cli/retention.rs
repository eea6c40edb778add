//! `mini-site retention`: erases learners without activity, or tells who would be; `serve` does
//! it once a day.

use anyhow::{Context, bail};
use clap::Args;

use super::UNREADABLE;
use crate::{
    clock::Clock,
    config::Config,
    db::Database,
    privacy::retention::{self, Run},
    web::state::AppState,
};

#[derive(Args, Debug)]
pub(super) struct Retention {
    /// Counts who would be erased, and erases nobody.
    #[arg(long)]
    dry_run: bool,
    /// Tries another number of months than `RETENTION_MONTHS`.
    #[arg(long, requires = "dry_run", value_parser = clap::value_parser!(u16).range(1..=600))]
    months: Option<u16>,
}

impl Retention {
    pub(super) async fn run(&self, config: &Config) -> anyhow::Result<()> {
        let Some(months) = self.months.or(config.retention_months) else {
            println!(
                "RETENTION_MONTHS is not set: nobody is erased; to see whom a number would reach: mini-site retention --dry-run --months 24"
            );
            return Ok(());
        };
        let db = Database::open(config);
        let now = Clock::system().now();
        let since = format!(
            "without activity since {} ({months} months)",
            retention::limit(now, months).date()
        );
        if self.dry_run {
            let found = retention::preview(&db, now, months)
                .await
                .context(UNREADABLE)?;
            println!(
                "learners to erase: {}, {since}; their completions: {}; known by a class list alone: {}",
                found.learners, found.completions, found.never_came
            );
            return Ok(());
        }
        match retention::run(&db, now, months, true).await {
            Ok(Run::Done { learners }) => println!("learners erased: {learners}, {since}"),
            Ok(Run::NotDue | Run::AfterGap { .. }) => {
                println!("nobody was erased: another run has just begun");
            }
            Ok(Run::ReadOnly) => {
                bail!("read-only mode: nobody was erased; it ends with: mini-site read-only off")
            }
            Err(error) => return Err(error).context("not everybody was erased; run it again"),
        }
        Ok(())
    }
}

/// Whom the daily run erases, in a sentence.
pub(super) fn told(months: Option<u16>) -> String {
    match months {
        Some(months) => {
            format!("retention: learners without activity for {months} months are erased")
        }
        None => "retention: nobody is erased, RETENTION_MONTHS is not set".to_owned(),
    }
}

/// The daily run, if it is due and this instance is the first to see it.
pub(super) async fn run_daily(state: &AppState) {
    let Some(months) = state.config.retention_months else {
        return;
    };
    match retention::run(&state.db, state.clock.now(), months, false).await {
        Ok(Run::Done { learners }) => {
            tracing::info!(learners, months, "learners without activity were erased");
        }
        Ok(Run::AfterGap { days }) => {
            tracing::error!(
                days,
                "no learner was erased for so long that the clock may have jumped: nobody is erased before tomorrow; look at the date of this machine, and at mini-site retention --dry-run"
            );
        }
        Ok(Run::NotDue | Run::ReadOnly) => {}
        Err(error) => tracing::warn!(%error, "learners without activity were not all erased"),
    }
}
