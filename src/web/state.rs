//! What every handler may ask for; cheap to clone.

use std::{ops::Deref, sync::Arc};

use sqlx::PgPool;

use super::session::store::PostgresSessionStore;
use crate::{catalogue::Catalogue, clock::Clock, config::Config, db::Database};

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
}

/// Shared [`Parts`].
#[derive(Clone, Debug)]
pub struct AppState(Arc<Parts>);

impl AppState {
    /// Puts the parts together.
    pub fn new(config: Config, pool: PgPool, clock: Clock, catalogue: Catalogue) -> Self {
        let db = Database::new(pool);
        let sessions = PostgresSessionStore::new(db.clone(), clock.clone());
        Self(Arc::new(Parts {
            config,
            db,
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
