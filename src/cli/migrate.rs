//! `mini-site migrate`: brings the schema up to date.

use anyhow::Context;

use super::directus;
use crate::{
    config::Config,
    db::{self, Database},
};

pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    let db = Database::open(config);
    db::migrate(&db)
        .await
        .context("the migrations were not applied, nothing has changed")?;
    println!("the schema is up to date");
    if let Some(known) = &config.directus {
        match directus::tell(known).await {
            Ok(()) => println!("Directus was told"),
            Err(error) => eprintln!("warning: {} ({error:#})", directus::REMEDY),
        }
    }
    Ok(())
}
