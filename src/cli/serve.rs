//! `mini-site serve`: waits for the database, brings it up to date, answers until told to stop.

use std::time::Duration;

use anyhow::Context;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{directus, retention};
use crate::{
    catalogue::{self, Catalogue},
    clock::Clock,
    config::{Config, Directus},
    db::{self, Database},
    embed, lti, outbox,
    web::{self, state::AppState},
};

/// How long the start waits for a database that is away.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long what is in flight may take after the order to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How often what is over is deleted.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);

pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let listen = config.listen;
    let api_url = config.api_url.clone();
    let clock = Clock::system();
    let catalogue = Catalogue::compiled();
    let db = Database::open(&config);
    prepare(&db, &catalogue, &clock).await?;
    if let Some(known) = config.directus.clone() {
        tokio::spawn(tell_directus(known));
    }
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; is another program there? (PORT, BIND_ADDRESS)")
    })?;
    let state = AppState::new(config, db, clock, catalogue)
        .context("the certificates of the system cannot be read; install ca-certificates")?;
    tokio::spawn(purge(state.clone()));
    tracing::info!(%listen, %api_url, "the site is up");
    answer(listener, state).await
}

/// Waits for the database, then migrates it and copies the course.
async fn prepare(db: &Database, catalogue: &Catalogue, clock: &Clock) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = reach(db).await {
        if !db::is_unreachable(&error) {
            let remedy = db::remedy(&error);
            return Err(error)
                .with_context(|| format!("the database refuses the connection; {remedy}"));
        }
        if Instant::now() >= deadline {
            let seconds = PATIENCE.as_secs();
            return Err(error)
                .with_context(|| format!("no database after {seconds} s; check DATABASE_URL"));
        }
        tracing::warn!(%error, "the database does not answer yet, trying again");
        sleep(Duration::from_millis(500)).await;
    }
    db::migrate(db)
        .await
        .context("the migrations were not applied, nothing has changed")?;
    catalogue::store::copy_catalogue(db, catalogue, clock.now())
        .await
        .context("the course was not copied to the database")
}

async fn reach(db: &Database) -> sqlx::Result<()> {
    db.acquire().await?.keep().await
}

/// Beside the start, which waits for nobody but the database.
async fn tell_directus(known: Directus) {
    match directus::tell(&known).await {
        Ok(()) => tracing::info!("Directus was told that the schema may have changed"),
        Err(error) => tracing::warn!("{} ({error:#})", directus::REMEDY),
    }
}

async fn answer(listener: TcpListener, state: AppState) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(());
    let courier = tokio::spawn(state.courier.clone().run(ended(stopped.clone())));
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let site = web::router(state);
    let server = web::connections::answer(listener, site, ended(stopped));
    tokio::pin!(server);
    tokio::select! {
        () = &mut server => return Ok(()),
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("told to stop: no new connection, finishing what is in flight");
    drop(stop);
    let rest = async { tokio::join!(server, courier) };
    if timeout(GRACE, rest).await.is_err() {
        tracing::warn!(
            grace_s = GRACE.as_secs(),
            "some requests or jobs were still in flight and are cut"
        );
    }
    Ok(())
}

/// Ends when the order to stop comes.
async fn ended(mut stopped: watch::Receiver<()>) {
    drop(stopped.changed().await);
}

/// Deletes what is over, at the start and then every hour; and, once a day, learners without activity.
async fn purge(state: AppState) {
    loop {
        match delete_expired(&state).await {
            Ok((0, 0, 0)) => {}
            Ok((sessions, logins, tokens)) => {
                tracing::info!(sessions, logins, tokens, "what was over is deleted");
            }
            Err(error) => tracing::warn!(%error, "what is over was not deleted"),
        }
        if let Err(error) = bring_jobs_back(&state).await {
            tracing::warn!(%error, "jobs of a wrong clock were not looked for");
        }
        retention::run_daily(&state).await;
        sleep(PURGE_INTERVAL).await;
    }
}

/// Jobs that a wrong clock put years ahead are sent once it is right.
async fn bring_jobs_back(state: &AppState) -> sqlx::Result<()> {
    let mut conn = state.db.acquire().await?;
    let jobs = outbox::bring_back(&mut conn, state.clock.now()).await?;
    conn.keep().await?;
    if jobs > 0 {
        tracing::warn!(
            jobs,
            "jobs stood further in the future than a job ever does, and are due: the clock was wrong"
        );
        state.courier.wake();
    }
    Ok(())
}

/// How many sessions, logins and marks of used tokens were over.
async fn delete_expired(state: &AppState) -> sqlx::Result<(u64, u64, u64)> {
    let now = state.clock.now();
    let sessions = state.sessions.delete_expired().await?;
    let mut conn = state.db.acquire().await?;
    let logins = lti::login::store::delete_expired_logins(&mut conn, now).await?;
    let tokens = embed::store::delete_expired_tokens(&mut conn, now).await?;
    conn.keep().await?;
    Ok((sessions, logins, tokens))
}
