//! `mini-site lti …`: which platforms may open the course, and our keys.

mod add;
mod list;

use anyhow::{Context, bail};
use clap::Subcommand;
use time::format_description::well_known::Rfc3339;
use url::Url;

use super::UNREADABLE;
use crate::{
    clock::Clock,
    config::Config,
    db::Database,
    lti::{
        self, Platform, PlatformStatus,
        keys::{self, PUBLISHED_AFTER},
        registration::invite,
    },
    web::urls::route,
};

#[derive(Debug, Subcommand)]
pub(super) enum LtiCommand {
    /// Prints a one-time address for dynamic registration, alone on standard output.
    Invite,
    /// Registers a platform by hand, approved at once.
    Add(add::AddArguments),
    /// Lists the platforms.
    List {
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Lets a platform open the course, and approves its deployments that wait for it.
    Approve {
        /// Its id, or the beginning of it.
        id: String,
    },
    /// Lets a platform no longer open the course; nothing is deleted.
    Suspend {
        /// Its id, or the beginning of it.
        id: String,
    },
    /// Makes a new key of ours: published at once, it signs 24 hours later.
    RotateKey,
}

pub(super) async fn run(command: LtiCommand, config: &Config) -> anyhow::Result<()> {
    let db = Database::open(config);
    match command {
        LtiCommand::Invite => invite(config, &db).await,
        LtiCommand::Add(arguments) => add::run(arguments, config, &db).await,
        LtiCommand::List { json } => list::run(&db, json).await,
        LtiCommand::Approve { id } => approve(&db, &id).await,
        LtiCommand::Suspend { id } => suspend(&db, &id).await,
        LtiCommand::RotateKey => rotate_key(config, &db).await,
    }
}

async fn invite(config: &Config, db: &Database) -> anyhow::Result<()> {
    let code = invite::invite(db, Clock::system().now())
        .await
        .context(UNREADABLE)?;
    let mut address = Url::parse(&config.absolute(route::LTI_REGISTRATION))?;
    address.query_pairs_mut().append_pair("invite", &code);
    println!("{address}");
    eprintln!(
        "Good for one registration within {} days. In Moodle: Site administration > Plugins > \
         Activity modules > External tool > Manage tools; paste it into Tool URL, then Add LTI Advantage.\n\
         Afterwards: mini-site lti list, and mini-site lti approve ID",
        invite::LIFETIME.whole_days()
    );
    Ok(())
}

async fn approve(db: &Database, id: &str) -> anyhow::Result<()> {
    let platform = find(db, id).await?;
    let mut transaction = db.begin().await?;
    lti::store::mark_platform(&mut transaction, platform.id, PlatformStatus::Approved).await?;
    let waiting = lti::store::mark_deployments_approved(&mut transaction, platform.id).await?;
    let known = lti::store::list_deployments(&mut transaction).await?;
    transaction.commit().await?;
    println!("approved: {} ({})", platform.name, platform.issuer);
    if waiting > 0 {
        println!("deployments that waited and are approved now: {waiting}");
    }
    if known
        .iter()
        .all(|deployment| deployment.platform != platform.id)
    {
        println!(
            "no deployment is known yet: the first launch is refused and records it; approve again then"
        );
    }
    Ok(())
}

async fn suspend(db: &Database, id: &str) -> anyhow::Result<()> {
    let platform = find(db, id).await?;
    let mut conn = db.acquire().await?;
    lti::store::mark_platform(&mut conn, platform.id, PlatformStatus::Suspended).await?;
    conn.keep().await?;
    println!("suspended: {} ({})", platform.name, platform.issuer);
    Ok(())
}

async fn rotate_key(config: &Config, db: &Database) -> anyhow::Result<()> {
    let rotation = keys::rotate(db, &config.secret_key, Clock::system().now())
        .await
        .context(UNREADABLE)?;
    let from = rotation.signs_from.replace_nanosecond(0)?;
    let (from, until) = (
        from.format(&Rfc3339)?,
        (from + PUBLISHED_AFTER).format(&Rfc3339)?,
    );
    if rotation.is_new {
        println!(
            "new key: {}, published now, signs from {from}",
            rotation.kid
        );
        println!("the keys before it stay published until {until}");
    } else {
        println!(
            "nothing was changed: the key {} waits already, and signs from {from}",
            rotation.kid
        );
    }
    Ok(())
}

/// The one platform whose id begins so.
pub(super) async fn find(db: &Database, id: &str) -> anyhow::Result<Platform> {
    let mut conn = db.acquire().await.context(UNREADABLE)?;
    let platforms = lti::store::list_platforms(&mut conn)
        .await
        .context(UNREADABLE)?;
    conn.keep().await?;
    let start = id.to_ascii_lowercase();
    let mut found = platforms
        .into_iter()
        .filter(|platform| !start.is_empty() && platform.id.0.to_string().starts_with(&start));
    match (found.next(), found.next()) {
        (Some(platform), None) => Ok(platform),
        (None, _) => {
            bail!("no platform has an id that begins with “{id}”; see: mini-site lti list")
        }
        (Some(_), Some(_)) => {
            bail!("several platforms have an id that begins with “{id}”; write more of it")
        }
    }
}
