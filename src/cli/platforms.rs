//! `mini-site platforms …`: a Moodle that was registered anew, or has another address.

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use url::Url;

use super::{Trial, UNREADABLE, learners, lti::find};
use crate::{
    clock::Clock,
    config::Config,
    db::Database,
    lti::client::PlatformClient,
    merging::{self, Moved},
};

#[derive(Debug, Subcommand)]
pub(super) enum PlatformsCommand {
    /// Moves all that a registration has into a newer one of the same Moodle, and suspends it.
    Move(Move),
    /// Writes the new address of a Moodle that is the same in all else.
    Readdress(Readdress),
}

#[derive(Args, Debug)]
pub(super) struct Move {
    /// The registration that goes: its id, or the beginning of it.
    #[arg(long, value_name = "ID")]
    from: String,
    /// The registration that is kept.
    #[arg(long, value_name = "ID")]
    into: String,
    /// Tells what would be done, and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args, Debug)]
pub(super) struct Readdress {
    /// The platform: its id, or the beginning of it.
    id: String,
    /// Its address so far, such as <https://moodle.old.example.org>.
    #[arg(long, value_name = "URL")]
    from: Url,
    /// Its address from now on.
    #[arg(long, value_name = "URL")]
    into: Url,
    /// Tells what would be done, and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(command: PlatformsCommand, config: &Config) -> anyhow::Result<()> {
    let db = Database::open(config);
    match command {
        PlatformsCommand::Move(arguments) => arguments.run(&db).await,
        PlatformsCommand::Readdress(arguments) => arguments.run(&db, config).await,
    }
}

impl Move {
    async fn run(&self, db: &Database) -> anyhow::Result<()> {
        let trial = Trial(self.dry_run);
        let from = find(db, &self.from).await?;
        let into = find(db, &self.into).await?;
        let mut transaction = db.begin().await.context(UNREADABLE)?;
        let now = Clock::system().now();
        let moved = merging::move_platform(&mut transaction, from.id, into.id, now)
            .await
            .context("nothing was changed")?;
        trial.end(transaction).await?;
        let Moved {
            learners,
            merged,
            places,
            sessions,
            grades,
        } = &moved;
        println!("{}moved learners: {learners}", trial.prefix());
        println!(
            "  courses: {} moved, {} in common; activities: {} moved, {} in common",
            places.courses, places.courses_united, places.activities, places.activities_united
        );
        println!("  sessions ended: {sessions}; grades to tell again: {grades}");
        if places.activities > 0 {
            println!("  the grades of a moved activity are told when somebody opens it again");
        }
        learners::tell(trial, merged);
        println!(
            "{}suspended, and empty: {} ({}, {})",
            trial.prefix(),
            from.name,
            from.issuer,
            from.client_id
        );
        Ok(())
    }
}

impl Readdress {
    async fn run(&self, db: &Database, config: &Config) -> anyhow::Result<()> {
        let trial = Trial(self.dry_run);
        let client = PlatformClient::new(config.lti_allow_private_networks)
            .context("the certificates of the system cannot be read; install ca-certificates")?;
        let into = self.into.as_str().trim_end_matches('/');
        client
            .check(&self.into)
            .with_context(|| format!("--into {into}"))?;
        if self.into.query().is_some() || self.into.fragment().is_some() {
            bail!("--into {into}: leave out what follows the path");
        }
        let from = self.from.as_str().trim_end_matches('/');
        let platform = find(db, &self.id).await?;
        let mut transaction = db.begin().await.context(UNREADABLE)?;
        let changed = merging::readdress(&mut transaction, platform.id, from, into)
            .await
            .context("nothing was changed; is the new address registered already? See: mini-site lti list")?;
        if changed.platforms == 0 {
            bail!(
                "nothing was changed: the issuer {} does not begin with {from}",
                platform.issuer
            );
        }
        trial.end(transaction).await?;
        println!(
            "{}changed the address of {} to {into}",
            trial.prefix(),
            platform.name
        );
        println!(
            "  class lists: {}; gradebook columns: {}; grades that they hold: {}",
            changed.courses, changed.activities, changed.grades
        );
        Ok(())
    }
}
