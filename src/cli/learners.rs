//! `mini-site learners …`: people whom their Moodle names otherwise than before.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::{Trial, UNREADABLE, lti::find};
use crate::{
    clock::Clock,
    config::Config,
    db::Database,
    learner::{self, MoodleUserId},
    merging::{self, Merged, Pairs, RenumberedId},
};

#[derive(Debug, Subcommand)]
pub(super) enum LearnersCommand {
    /// Finds learners by their user id at a Moodle, to merge them.
    Find {
        /// Their user id, whole.
        moodle_user_id: String,
    },
    /// Makes one learner of two: nothing that they have done is lost, the earlier date is kept.
    Merge(Merge),
}

#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("whom").required(true).args(["from", "file"]))]
pub(super) struct Merge {
    /// The learner who goes; see: mini-site learners find.
    #[arg(long, requires = "into", value_name = "ID")]
    from: Option<Uuid>,
    /// The learner who is kept.
    #[arg(long, requires = "from", value_name = "ID")]
    into: Option<Uuid>,
    /// User ids that a Moodle has changed: lines of the form old;new.
    #[arg(long, requires = "platform")]
    file: Option<PathBuf>,
    /// Which Moodle has changed them: its id, or the beginning of it.
    #[arg(long, requires = "file", value_name = "ID")]
    platform: Option<String>,
    /// Tells what would be done, and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(command: LearnersCommand, config: &Config) -> anyhow::Result<()> {
    let db = Database::open(config);
    match command {
        LearnersCommand::Find { moodle_user_id } => list(&db, &moodle_user_id).await,
        LearnersCommand::Merge(merge) => merge.run(&db).await,
    }
}

/// One learner a line; no name, no address.
async fn list(db: &Database, moodle_user_id: &str) -> anyhow::Result<()> {
    let id = MoodleUserId::try_from(moodle_user_id)?;
    let mut conn = db.acquire().await.context(UNREADABLE)?;
    let found = learner::store::list_summaries(&mut conn, &id)
        .await
        .context(UNREADABLE)?;
    conn.keep().await?;
    if found.is_empty() {
        bail!("no learner has the user id “{moodle_user_id}”");
    }
    for one in found {
        let came = match one.last_visit_at {
            Some(at) => format!("last came {}", at.format(&Rfc3339)?),
            None => "never came".to_owned(),
        };
        let platform = one.platform.unwrap_or_else(|| "no platform".to_owned());
        println!(
            "{}  {platform}  completions: {}, {came}",
            one.id.0, one.completions
        );
    }
    Ok(())
}

impl Merge {
    async fn run(&self, db: &Database) -> anyhow::Result<()> {
        let trial = Trial(self.dry_run);
        let now = Clock::system().now();
        let mut transaction = db.begin().await.context(UNREADABLE)?;
        let merged = match (self.from, self.into, &self.file) {
            (Some(from), Some(into), _) => {
                merging::merge(&mut transaction, &Pairs::one(from, into), now).await
            }
            (_, _, Some(file)) => {
                let ids = read(file)?;
                let platform = find(db, self.platform.as_deref().unwrap_or_default()).await?;
                merging::renumber(&mut transaction, platform.id, &ids, now).await
            }
            _ => bail!("write --from ID --into ID, or --file FILE --platform ID"),
        };
        let merged = merged.context("nothing was changed")?;
        trial.end(transaction).await?;
        tell(trial, &merged);
        Ok(())
    }
}

fn read(file: &PathBuf) -> anyhow::Result<Vec<RenumberedId>> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    merging::read_renumbering(&text).with_context(|| format!("{name}: nothing was changed"))
}

/// What a merge changed, in counts.
pub(super) fn tell(trial: Trial, merged: &Merged) {
    let Merged {
        learners,
        renumbered,
        completions,
        earlier_dates,
        courses,
        courses_united,
        activities,
        of_other_platforms,
        sessions,
        grades,
    } = merged;
    println!("{}merged learners: {learners}", trial.prefix());
    if *renumbered > 0 {
        println!("  learners with a new user id: {renumbered}");
    }
    println!("  completions gained: {completions}; earlier dates kept: {earlier_dates}");
    println!(
        "  courses gained: {courses}, in common: {courses_united}; graded activities gained: {activities}"
    );
    if *of_other_platforms > 0 {
        println!(
            "  courses and activities of another platform, where the kept learner is not known: {of_other_platforms}, dropped"
        );
    }
    println!("  sessions ended: {sessions}; grades to tell again: {grades}");
}
