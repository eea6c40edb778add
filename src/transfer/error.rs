//! What can go wrong with a dump or with what is made of it, and how to mend it.

use std::{io, path::PathBuf};

use sqlx::migrate::MigrateError;

/// Why a dump, a restore or a comparison was not done.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// One of PostgreSQL's programs is nowhere.
    #[error(
        "{0} is not installed; install PostgreSQL's client programs (Debian: apt-get install postgresql-client)"
    )]
    ProgramMissing(&'static str),
    /// `pg_dump` refuses a server that is newer than itself.
    #[error(
        "pg_dump {newest} is older than the server, which is PostgreSQL {server}, and cannot read it; \
         install postgresql-client-{server} or newer"
    )]
    OlderThanServer {
        /// Major version of the newest one that is installed.
        newest: u32,
        /// Major version of the server.
        server: u32,
    },
    /// The server is older than the one that was dumped.
    #[error(
        "the dump comes from PostgreSQL {dumped}, and the server is PostgreSQL {server}: move to the same version or a newer one"
    )]
    OlderTarget {
        /// Major version of the server that was dumped.
        dumped: u32,
        /// Major version of the server to restore into.
        server: u32,
    },
    /// No program that is installed reads this file.
    #[error("{} is not read by pg_restore {newest}: {message}; is it a dump of mini-site, and complete? A dump of a newer pg_dump needs a newer pg_restore", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Major version of the newest one that is installed.
        newest: u32,
        /// Its own words.
        message: String,
    },
    /// One of PostgreSQL's programs failed.
    #[error("{program} failed: {message}")]
    Program {
        /// Its name.
        program: &'static str,
        /// Its own words, without the data in them.
        message: String,
    },
    /// There is something in the database that was to be empty.
    #[error(
        "{database} is not empty (it holds {found}); restore into a new, empty database, without any schema applied before"
    )]
    NotEmpty {
        /// The database.
        database: String,
        /// Some of what it holds.
        found: String,
    },
    /// The database has another encoding.
    #[error(
        "{database} has the encoding {encoding}; make it with: createdb --encoding=UTF8 --template=template0"
    )]
    Encoding {
        /// The database.
        database: String,
        /// What it has.
        encoding: String,
    },
    /// The account may not make what has to be made.
    #[error(
        "{user} may not create in {database}; as its owner: GRANT CREATE ON DATABASE … TO {user}; GRANT CREATE, USAGE ON SCHEMA public TO {user}"
    )]
    Rights {
        /// The database.
        database: String,
        /// The account.
        user: String,
    },
    /// A file cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no manifest.
    #[error("{} is no manifest of a dump", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The database cannot be reached or read.
    #[error("{database} cannot be read")]
    Database {
        /// The database.
        database: String,
        /// Why.
        source: sqlx::Error,
    },
    /// All is restored, but newer migrations do not apply.
    #[error(
        "the data are restored, but the newer migrations were not applied; mend what they say, then run: mini-site migrate"
    )]
    Migrations(#[source] MigrateError),
}

impl TransferError {
    /// Names the database of an error.
    pub(super) fn of(database: &impl ToString) -> impl FnOnce(sqlx::Error) -> Self {
        let database = database.to_string();
        move |source| Self::Database { database, source }
    }

    /// Names the file of an error.
    pub(super) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
