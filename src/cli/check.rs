//! `mini-site check`: configuration, database, migrations, course, read-only mode, platforms, keys;
//! every problem at once.

use anyhow::bail;

use crate::{
    catalogue::Catalogue,
    clock::Clock,
    config::{Config, ConfigError},
    db::{self, Database},
    lti::{self, PlatformStatus, keys},
    read_only,
};

pub(super) async fn run(config: Result<Config, ConfigError>) -> anyhow::Result<()> {
    let course = Catalogue::compiled();
    println!(
        "course: {} grains, checked by the build",
        course.places().len()
    );
    let config = config?;
    println!("configuration: sound");
    println!("{}", super::retention::told(config.retention_months));
    let db = Database::open(&config);
    let missing = match db::missing_migrations(&db).await {
        Ok(missing) => missing,
        Err(error) => bail!("database: cannot be read ({error}); {}", db::remedy(&error)),
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
    check_switch(&db).await?;
    check_platforms(&db).await?;
    check_key(&db, &config).await
}

/// Tells whether changes are refused.
async fn check_switch(db: &Database) -> anyhow::Result<()> {
    let mut conn = db.acquire().await?;
    let switch = read_only::store::find_switch(&mut conn).await?;
    conn.keep().await?;
    println!("{}", super::read_only::told(switch));
    if switch.is_on {
        println!("  it ends with: mini-site read-only off");
    }
    Ok(())
}

/// Tells how many platforms there are, and who waits.
async fn check_platforms(db: &Database) -> anyhow::Result<()> {
    let mut conn = db.acquire().await?;
    let platforms = lti::store::list_platforms(&mut conn).await?;
    let deployments = lti::store::list_deployments(&mut conn).await?;
    conn.keep().await?;
    let count = |status| {
        let of_status = platforms.iter().filter(|one| one.status == status);
        of_status.count()
    };
    let waiting = deployments.iter().filter(|one| !one.is_approved).count();
    let pending = count(PlatformStatus::Pending);
    println!(
        "platforms: {} approved, {pending} pending, {} suspended; deployments that wait: {waiting}",
        count(PlatformStatus::Approved),
        count(PlatformStatus::Suspended),
    );
    if pending + waiting > 0 {
        println!("  see: mini-site lti list, and mini-site lti approve ID");
    }
    Ok(())
}

/// The key that signs must open under `SECRET_KEY`.
async fn check_key(db: &Database, config: &Config) -> anyhow::Result<()> {
    match keys::existing_key(db, &config.secret_key, Clock::system().now()).await {
        Ok(Some(key)) => println!("key: {} signs", key.kid),
        Ok(None) => println!("key: none yet, made when the first is needed"),
        Err(error) => bail!("key: {error}"),
    }
    Ok(())
}
