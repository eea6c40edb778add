//! What every handler may ask for; cheap to clone.

use std::{ops::Deref, sync::Arc};

use super::{
    framing::Framing, limits::Limits, queue::Queue, read_only::ReadOnly,
    session::store::PostgresSessionStore,
};
use crate::{
    catalogue::Catalogue,
    clock::Clock,
    config::Config,
    db::Database,
    delivery::Courier,
    lti::{access::AccessTokens, client::PlatformClient, key_cache::KeyCache, services::Services},
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
    pub catalogue: Arc<Catalogue>,
    /// Open sessions.
    pub sessions: PostgresSessionStore,
    /// Asks platforms.
    pub platforms: PlatformClient,
    /// The public keys of platforms.
    pub key_cache: KeyCache,
    /// How much a session, a person or a platform may ask for at once.
    pub limits: Limits,
    /// Where a lecture hall waits.
    pub queue: Queue,
    /// Who may hold our pages in a frame.
    pub framing: Framing,
    /// Runs what was queued for platforms.
    pub courier: Courier,
    /// Whether pages say that the course is in read-only mode.
    pub(crate) read_only: ReadOnly,
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
        db: Database,
        clock: Clock,
        catalogue: Catalogue,
    ) -> Result<Self, reqwest::Error> {
        let catalogue = Arc::new(catalogue);
        let platforms = PlatformClient::new(config.lti_allow_private_networks)?;
        let tokens = AccessTokens::new(
            platforms.clone(),
            clock.clone(),
            db.clone(),
            config.secret_key.clone(),
        );
        let services = Services::new(platforms.clone(), tokens, clock.clone());
        Ok(Self(Arc::new(Parts {
            sessions: PostgresSessionStore::new(db.clone(), clock.clone()),
            key_cache: KeyCache::new(platforms.clone(), clock.clone()),
            platforms,
            limits: Limits::default(),
            queue: Queue::default(),
            framing: Framing::default(),
            courier: Courier::new(db.clone(), clock.clone(), catalogue.clone(), services),
            read_only: ReadOnly::default(),
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
