//! Restores a dump into an empty database.

use std::path::Path;

use sqlx::{ConnectOptions, PgConnection, postgres::PgPoolOptions};

use super::{TransferError, programs::Program, store};
use crate::{
    config::{DatabaseAddress, PoolMode},
    db::{self, Database},
    read_only::{self, Switch},
};

/// What a restored database is like.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Migrations that the dump did not know.
    pub new_migrations: usize,
    /// The switch, as it stood when the dump was made.
    pub read_only: Switch,
}

/// Restores `dump` into the empty database at `address`, in one transaction, applies the migrations
/// that it does not know, and gathers the planner's statistics, which no dump carries.
///
/// # Errors
/// [`TransferError`]; the database is still empty then, save for [`TransferError::Migrations`].
pub async fn restore(dump: &Path, address: &DatabaseAddress) -> Result<Restored, TransferError> {
    let failed = || TransferError::of(address);
    let mut conn = address.options.connect().await.map_err(failed())?;
    let server = store::find_server(&mut conn).await.map_err(failed())?;
    refuse_unfit(&mut conn, address, &server).await?;
    let (program, list) = choose(dump, server.major)?;
    let mut command = program.command(address);
    command
        .args([
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
        ])
        .arg("--use-list=/dev/stdin")
        .arg(format!("--dbname={}", server.database))
        .arg(dump);
    program.run(&mut command, &list)?;
    let new_migrations = migrate(address).await?;
    store::analyze(&mut conn).await.map_err(failed())?;
    let read_only = read_only::store::find_switch(&mut conn)
        .await
        .map_err(failed())?;
    Ok(Restored {
        new_migrations,
        read_only,
    })
}

async fn refuse_unfit(
    conn: &mut PgConnection,
    address: &DatabaseAddress,
    server: &store::Server,
) -> Result<(), TransferError> {
    let failed = || TransferError::of(address);
    let database = address.to_string();
    let found = store::list_contents(conn).await.map_err(failed())?;
    if !found.is_empty() {
        let found = found.join(", ");
        return Err(TransferError::NotEmpty { database, found });
    }
    if server.encoding != "UTF8" {
        let encoding = server.encoding.clone();
        return Err(TransferError::Encoding { database, encoding });
    }
    if !server.can_create {
        let user = address.options.get_username().to_owned();
        return Err(TransferError::Rights { database, user });
    }
    Ok(())
}

/// The fittest program that reads the file, and what it is to restore.
fn choose(dump: &Path, server: u32) -> Result<(Program, String), TransferError> {
    std::fs::metadata(dump).map_err(TransferError::at(dump))?;
    let found = Program::list("pg_restore");
    let newest = found.iter().map(|program| program.major).max();
    let newest = newest.ok_or(TransferError::ProgramMissing("pg_restore"))?;
    let mut said = String::new();
    for program in Program::by_fitness(found, server) {
        let listed = program.run(program.offline().arg("--list").arg(dump), "");
        match listed {
            Ok(list) => {
                refuse_older(&list, server)?;
                return Ok((program, without_public(&list)));
            }
            Err(TransferError::Program { message, .. }) => said = message,
            Err(error) => return Err(error),
        }
    }
    Err(TransferError::Unreadable {
        path: dump.to_owned(),
        newest,
        message: said,
    })
}

/// A server takes the dump of an older one, never that of a newer one.
fn refuse_older(list: &str, server: u32) -> Result<(), TransferError> {
    let version = "Dumped from database version: ";
    let found = list.lines().find_map(|line| line.split_once(version));
    let dumped = found.and_then(|(_, rest)| rest.split(['.', ' ']).next()?.parse().ok());
    match dumped {
        Some(dumped) if dumped > server => Err(TransferError::OlderTarget { dumped, server }),
        _ => Ok(()),
    }
}

/// The list of a dump less the schema `public` itself, which every new database has.
fn without_public(list: &str) -> String {
    let is_kept = |line: &&str| {
        !line.contains(" SCHEMA - public ") && !line.contains(" COMMENT - SCHEMA public ")
    };
    let lines: Vec<_> = list.lines().filter(is_kept).collect();
    lines.join("\n") + "\n"
}

async fn migrate(address: &DatabaseAddress) -> Result<usize, TransferError> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(address.options.clone());
    let db = Database::new(pool, PoolMode::Session);
    let missing = db::missing_migrations(&db).await;
    let missing = missing.map_err(TransferError::of(address))?;
    if !missing.is_empty() {
        db::migrate(&db).await.map_err(TransferError::Migrations)?;
    }
    db.close().await;
    Ok(missing.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_older_than_the_dump_is_told_apart() {
        let list =
            ";     Dumped from database version: 18.6\n;     Dumped by pg_dump version: 18.6\n";
        let error = refuse_older(list, 15).expect_err("it is older").to_string();
        assert!(
            error.starts_with("the dump comes from PostgreSQL 18, and the server is PostgreSQL 15")
        );
        assert!(refuse_older(list, 18).is_ok());
        assert!(refuse_older(list, 19).is_ok());
    }

    #[test]
    fn the_schema_that_every_database_has_is_not_made_again() {
        let list = "; a dump\n5; 2615 2200 SCHEMA - public pg_database_owner\n\
            3591; 0 0 COMMENT - SCHEMA public pg_database_owner\n6; 2615 16386 SCHEMA - internal site\n\
            216; 1259 16388 TABLE public modules site\n";
        assert_eq!(
            without_public(list),
            "; a dump\n6; 2615 16386 SCHEMA - internal site\n216; 1259 16388 TABLE public modules site\n"
        );
    }
}
