//! The commands: what an operator types.

mod check;
mod directus;
mod health;
mod learners;
mod lti;
mod migrate;
mod platforms;
mod read_only;
mod retention;
mod serve;
mod token;
mod transfer;

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use sqlx::{Postgres, Transaction};
use tracing_subscriber::EnvFilter;

use crate::config::{AddressError, Config, ConfigError, LogFormat};

/// What is said when the tables are not there, or the database is away.
const UNREADABLE: &str = "the database cannot be used; see: mini-site check";

/// A micro-course site for Moodle.
#[derive(Debug, Parser)]
#[command(name = "mini-site", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the site (also without any command).
    Serve,
    /// Checks configuration, database, migrations and course; tells every problem at once.
    Check,
    /// Asks the server of this machine whether it is ready; exit 1 when it is not.
    Health,
    /// Applies the migrations.
    Migrate,
    /// Platforms that may open the course by LTI 1.3, and our keys.
    #[command(subcommand)]
    Lti(lti::LtiCommand),
    /// People whom their Moodle names otherwise than before.
    #[command(subcommand)]
    Learners(learners::LearnersCommand),
    /// A Moodle that was registered anew, or has another address.
    #[command(subcommand)]
    Platforms(platforms::PlatformsCommand),
    /// Prints a signed address for an iframe.
    Token(token::TokenArguments),
    /// Dumps the database to a file.
    Dump(transfer::Dump),
    /// Restores a dump into an empty database.
    Restore(transfer::Restore),
    /// Tries a dump: restores it into an empty database, compares, and empties it again.
    Rehearse(transfer::Rehearse),
    /// Compares two databases, or a database with the manifest of a dump.
    Verify(transfer::Verify),
    /// Keeps the data as they are, while they move to another server.
    ReadOnly(read_only::ReadOnly),
    /// Erases learners without activity, as `RETENTION_MONTHS` says; serve does it once a day.
    Retention(retention::Retention),
}

/// Runs the command that the process was started with.
///
/// The exit code is 0, 1 when the command failed, or 2 when the command line or the
/// environment is wrong.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let config = Config::from_env();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error)),
    };
    let outcome = runtime.block_on(async {
        match (arguments.command.unwrap_or(Command::Serve), config) {
            (Command::Check, config) => check::run(config).await,
            // These need the address of a database and no other setting.
            (Command::Dump(dump), _) => dump.run().await,
            (Command::Restore(restore), _) => restore.run().await,
            (Command::Rehearse(rehearse), _) => rehearse.run().await,
            (Command::Verify(verify), _) => verify.run().await,
            (Command::ReadOnly(read_only), _) => read_only.run().await,
            (_, Err(error)) => Err(error.into()),
            (Command::Serve, Ok(config)) => {
                start_log(&config);
                serve::run(config).await
            }
            (Command::Health, Ok(config)) => health::run(&config).await,
            (Command::Migrate, Ok(config)) => migrate::run(&config).await,
            (Command::Lti(command), Ok(config)) => lti::run(command, &config).await,
            (Command::Learners(command), Ok(config)) => learners::run(command, &config).await,
            (Command::Platforms(command), Ok(config)) => platforms::run(command, &config).await,
            (Command::Retention(retention), Ok(config)) => retention.run(&config).await,
            (Command::Token(arguments), Ok(config)) => token::run(arguments, &config),
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Whether a command is only tried.
#[derive(Clone, Copy, Debug)]
struct Trial(bool);

impl Trial {
    /// Commits what was done, unless it is only tried.
    async fn end(self, transaction: Transaction<'_, Postgres>) -> anyhow::Result<()> {
        let ended = if self.0 {
            transaction.rollback().await
        } else {
            transaction.commit().await
        };
        ended.context("nothing was changed")
    }

    /// What stands before the words that tell what was done.
    fn prefix(self) -> &'static str {
        if self.0 {
            "dry run, nothing is changed: "
        } else {
            ""
        }
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("mini-site: {error:#}");
    let is_wrongly_asked = error.is::<ConfigError>() || error.is::<AddressError>();
    ExitCode::from(if is_wrongly_asked { 2 } else { 1 })
}

/// One line per event on standard output.
fn start_log(config: &Config) {
    let filter = EnvFilter::builder().parse_lossy(&config.log_level);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false);
    match config.log_format {
        LogFormat::Json => log.json().flatten_event(true).init(),
        LogFormat::Text => log.init(),
    }
}
