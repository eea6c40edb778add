//! What every handler may ask for; cheap to clone.

use std::{ops::Deref, sync::Arc};

use sqlx::PgPool;

use super::{
    framing::Framing, queue::Queue, rate::LoginRate, session::store::PostgresSessionStore,
};
use crate::{
    catalogue::Catalogue,
    clock::Clock,
    config::Config,
    db::Database,
    lti::{client::PlatformClient, key_cache::KeyCache},
};

/// The parts that handlers work with.
#[derive(Debug)]
pub struct Parts {
    /// Checked settings.
    pub config: Config,
    /// The way to PostgreSQL.
    pub db: Database,
    /// What time it is.
    pub clock: Clock,
    /// The course.
    pub catalogue: Catalogue,
    /// Open sessions.
    pub sessions: PostgresSessionStore,
    /// Asks platforms.
    pub platforms: PlatformClient,
    /// The public keys of platforms.
    pub key_cache: KeyCache,
    /// How many logins a platform may begin.
    pub login_rate: LoginRate,
    /// Where a lecture hall waits.
    pub queue: Queue,
    /// Who may hold our pages in a frame.
    pub framing: Framing,
}

/// Shared [`Parts`].
#[derive(Clone, Debug)]
pub struct AppState(Arc<Parts>);

impl AppState {
    /// Puts the parts together.
    ///
    /// # Errors
    /// When the certificates of the system cannot be read.
    pub fn new(
        config: Config,
        pool: PgPool,
        clock: Clock,
        catalogue: Catalogue,
    ) -> Result<Self, reqwest::Error> {
        let db = Database::new(pool);
        let platforms = PlatformClient::new(config.lti_allow_private_networks)?;
        Ok(Self(Arc::new(Parts {
            sessions: PostgresSessionStore::new(db.clone(), clock.clone()),
            key_cache: KeyCache::new(platforms.clone(), clock.clone()),
            platforms,
            login_rate: LoginRate::default(),
            queue: Queue::default(),
            framing: Framing::default(),
            config,
            db,
            clock,
            catalogue,
        })))
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
