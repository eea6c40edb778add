//! `mini-site migrate`: brings the schema up to date.

use anyhow::Context;

use crate::{config::Config, db};

pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    let pool = db::pool(config);
    db::migrate(&pool)
        .await
        .context("the migrations were not applied, nothing has changed")?;
    println!("the schema is up to date");
    Ok(())
}
