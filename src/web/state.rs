//! What every handler may ask for; cheap to clone.

use std::{ops::Deref, sync::Arc};

use sqlx::PgPool;

use super::session::store::PostgresSessionStore;
use crate::{catalogue::Catalogue, clock::Clock, config::Config};

/// The parts that handlers work with.
#[derive(Debug)]
pub struct Parts {
    /// Checked settings.
    pub config: Config,
    /// Connections to PostgreSQL.
    pub pool: PgPool,
    /// What time it is.
    pub clock: Clock,
    /// The course.
    pub catalogue: Catalogue,
    /// Open sessions.
    pub sessions: PostgresSessionStore,
}

/// Shared [`Parts`].
#[derive(Clone, Debug)]
pub struct AppState(Arc<Parts>);

impl AppState {
    /// Puts the parts together.
    pub fn new(config: Config, pool: PgPool, clock: Clock, catalogue: Catalogue) -> Self {
        let sessions = PostgresSessionStore::new(pool.clone(), clock.clone());
        Self(Arc::new(Parts {
            config,
            pool,
            clock,
            catalogue,
            sessions,
        }))
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
