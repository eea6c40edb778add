//! `mini-site dump`, `restore`, `verify`: the move to another server, and backups.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, bail};
use clap::Args;
use sqlx::{ConnectOptions, Connection};

use crate::{
    config::DatabaseAddress,
    transfer::{self, Comparison, DIRECTUS, Inventory, SCHEMAS, Scope},
};

/// The variable that holds the address of the site's own database.
pub(super) const OWN: &str = "DATABASE_URL";

#[derive(Debug, Args)]
pub(super) struct Dump {
    /// The file to write; its manifest is written beside it, under the same name and « .json ».
    #[arg(long)]
    output: PathBuf,
    /// The database: an address, or the name of a variable that holds one.
    #[arg(long, default_value = OWN)]
    from: String,
    /// Dumps Directus' own schema as well.
    #[arg(long)]
    with_directus: bool,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The dump.
    file: PathBuf,
    /// The database, which must be empty: an address, or the name of a variable that holds one.
    #[arg(long)]
    into: String,
}

#[derive(Debug, Args)]
pub(super) struct Rehearse {
    /// The dump; its manifest stands beside it.
    file: PathBuf,
    /// The database, which must be empty and is empty again afterwards: an address, or the name of a
    /// variable that holds one.
    #[arg(long)]
    into: String,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// What there was: an address, the name of a variable that holds one, or the manifest of a dump.
    #[arg(long)]
    from: String,
    /// What there is: an address, or the name of a variable that holds one.
    #[arg(long)]
    to: String,
    /// Compares Directus' own schema as well; a manifest tells by itself whether it holds it.
    #[arg(long)]
    with_directus: bool,
    /// Compares sessions and logins as well, which live on while people read.
    #[arg(long)]
    all: bool,
}

impl Dump {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        let address = address(&self.from)?;
        let dumped = transfer::dump(&address, &self.output, self.with_directus).await?;
        println!(
            "dumped {address} to {}: {} tables, {} rows, {} bytes, in {:.1} s",
            self.output.display(),
            dumped.inventory.tables.len(),
            dumped.inventory.rows(),
            dumped.size_bytes,
            began.elapsed().as_secs_f64(),
        );
        Ok(())
    }
}

impl Restore {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        let address = address(&self.into)?;
        let restored = transfer::restore(&self.file, &address).await?;
        println!(
            "restored {} into {address}, newer migrations applied: {}, in {:.1} s",
            self.file.display(),
            restored.new_migrations,
            began.elapsed().as_secs_f64(),
        );
        if restored.read_only.is_on {
            println!(
                "it is in read-only mode, as the dumped one was; once all is checked: mini-site read-only off"
            );
        }
        Ok(())
    }
}

impl Verify {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let to = address(&self.to)?;
        let (from, to) = if let Some(from) = manifest(&self.from)? {
            let schemas = schemas(from.holds(DIRECTUS));
            (from, read(&to, &schemas).await?)
        } else {
            let from = address(&self.from)?;
            let schemas = schemas(self.with_directus);
            tokio::try_join!(read(&from, &schemas), read(&to, &schemas))?
        };
        let scope = if self.all { Scope::All } else { Scope::Kept };
        let found = transfer::compare(&from, &to, scope);
        tell(&found)?;
        println!(
            "both hold the same: {} tables, {} rows, {} sequences, {} columns, constraints, indexes, triggers and functions",
            to.tables.len(),
            to.rows(),
            to.sequences.len(),
            to.structure.len(),
        );
        Ok(())
    }
}

impl Rehearse {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        let address = address(&self.into)?;
        let (found, comparison) = transfer::rehearse(&self.file, &address).await?;
        tell(&comparison)?;
        println!(
            "{} can be restored and holds what its manifest says: {} tables, {} rows; {address} is empty again, in {:.1} s",
            self.file.display(),
            found.tables.len(),
            found.rows(),
            began.elapsed().as_secs_f64(),
        );
        Ok(())
    }
}

/// Prints a comparison; fails when something differs that should not.
fn tell(found: &Comparison) -> anyhow::Result<()> {
    for line in &found.same {
        println!("same     {line}");
    }
    for line in &found.notes {
        println!("differs  {line} (it lives on while people read; nothing is lost)");
    }
    for line in &found.differences {
        println!("DIFFERS  {line}");
    }
    if found.differences.is_empty() {
        Ok(())
    } else {
        bail!("{} differences", found.differences.len())
    }
}

/// What an operator typed as a database; warns when others could read a password in it.
pub(super) fn address(text: &str) -> anyhow::Result<DatabaseAddress> {
    let address = DatabaseAddress::from_argument(text)?;
    if address.is_exposed {
        eprintln!(
            "mini-site: the password of {address} stands in the list of processes; put the address into a variable, and give its name"
        );
    }
    Ok(address)
}

/// The manifest of this name, if it is a file.
fn manifest(text: &str) -> anyhow::Result<Option<Inventory>> {
    let path = Path::new(text);
    if !path.is_file() {
        return Ok(None);
    }
    Ok(Some(transfer::read_manifest(path)?))
}

fn schemas(with_directus: bool) -> Vec<&'static str> {
    let directus = with_directus.then_some(DIRECTUS);
    SCHEMAS.into_iter().chain(directus).collect()
}

async fn read(address: &DatabaseAddress, schemas: &[&str]) -> anyhow::Result<Inventory> {
    let context = || format!("{address} cannot be read");
    let mut conn = address.options.connect().await.with_context(context)?;
    let inventory = transfer::read_inventory(&mut conn, schemas).await;
    let inventory = inventory.with_context(context)?;
    conn.close().await.ok();
    Ok(inventory)
}
