//! The same tests behind a pooler in transaction mode, where `TEST_POOLER` says: the address of any
//! database behind it. The program goes through it; what a test asks by itself goes straight.

use std::{collections::HashMap, env};

use mini_site::{
    config::{Config, PoolMode},
    db::Database,
};
use sqlx::PgPool;
use url::Url;

/// Commands that need PostgreSQL itself.
const DIRECT: [&str; 5] = ["dump", "restore", "rehearse", "verify", "read-only"];

/// The way of a site to the database of this pool.
pub(crate) fn database(pool: &PgPool) -> Database {
    let Some(address) = behind(pool.connect_options().get_database().unwrap_or_default()) else {
        return Database::new(pool.clone(), PoolMode::Session);
    };
    let connections = pool.options().get_max_connections();
    let variables = HashMap::from([
        ("APP_ENV", "development".to_owned()),
        ("DATABASE_URL", address),
        ("DATABASE_MAX_CONNECTIONS", connections.to_string()),
        ("DATABASE_POOL_MODE", "transaction".to_owned()),
    ]);
    Database::open(&Config::from_variables(&variables).expect("a sound environment"))
}

/// What a program that is started with `arguments` is told in place of these variables.
pub(crate) fn lead(arguments: &[&str], variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let is_direct = arguments.first().is_some_and(|name| DIRECT.contains(name));
    let mut told: Vec<_> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let address = told.iter_mut().find(|(name, _)| name == "DATABASE_URL");
    if let Some((_, value)) = address
        && !is_direct
        && let Ok(url) = Url::parse(value)
        && let name = url.path().trim_start_matches('/')
        && name.starts_with("_sqlx_test")
        && let Some(behind) = behind(name)
    {
        *value = behind;
        told.push(("DATABASE_POOL_MODE".to_owned(), "transaction".to_owned()));
    }
    told
}

/// The address of a database behind the pooler, when there is one.
fn behind(database: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "bin/test tells the tests, not the program"
    )]
    let told = env::var("TEST_POOLER").ok()?;
    let mut address = Url::parse(&told).expect("an address");
    address.set_path(database);
    Some(address.into())
}
