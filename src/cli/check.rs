//! `mini-site check`: configuration, database, migrations, course; every problem at once.

use anyhow::bail;

use crate::{
    catalogue::Catalogue,
    config::{Config, ConfigError},
    db,
};

pub(super) async fn run(config: Result<Config, ConfigError>) -> anyhow::Result<()> {
    let course = Catalogue::compiled();
    println!(
        "course: {} grains, checked by the build",
        course.places().len()
    );
    let config = config?;
    println!("configuration: sound");
    let pool = db::pool(&config);
    let missing = match db::missing_migrations(&pool).await {
        Ok(missing) => missing,
        Err(error) => bail!("database: cannot be read ({error}); check DATABASE_URL"),
    };
    println!("database: reached");
    if !missing.is_empty() {
        bail!(
            "migrations: {} not applied ({}); run: mini-site migrate",
            missing.len(),
            missing.join(", ")
        );
    }
    println!("migrations: up to date");
    Ok(())
}
