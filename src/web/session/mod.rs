//! Who is asking: a typed session over tower-sessions, kept in PostgreSQL.
//!
//! How the browser brings the id is `cookie.rs`, where sessions are kept `store.rs`, what
//! handlers ask for `extract.rs`. A page view writes nothing, save one extension of the
//! session's life at most every ten minutes.

pub mod cookie;
mod extract;
pub mod store;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tower_sessions::{Expiry, Session, session::Id};

pub use extract::{CurrentLearner, Visitor};
pub(crate) use extract::{Recognised, urls_of};

use super::state::AppState;
use crate::learner::{Learner, LearnerId};

/// A session in a tab ends after this long without a page.
pub const IDLE_LIFETIME: Duration = Duration::days(7);

/// The life of a session is extended at most this often.
pub const EXTENSION_INTERVAL: Duration = Duration::minutes(10);

/// Where the one value of a session stands in its record.
const KEY: &str = "session";

/// What a session knows.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SessionData {
    /// Whose session it is.
    pub learner: LearnerId,
}

/// Opens a session for a learner and returns its id.
///
/// # Errors
/// Those of the store.
pub async fn start(
    state: &AppState,
    learner: LearnerId,
) -> Result<Id, tower_sessions::session::Error> {
    let expiry = Expiry::AtDateTime(state.clock.now() + IDLE_LIFETIME);
    let session = Session::new(None, Arc::new(state.sessions.clone()), Some(expiry));
    session.insert(KEY, SessionData { learner }).await?;
    session.save().await?;
    Ok(session.id().unwrap_or_default())
}

/// Whose session this is; extends its life when that is due.
///
/// # Errors
/// Those of the database.
async fn resume(state: &AppState, id: Id) -> sqlx::Result<Option<Arc<Learner>>> {
    let Some(session) = state.sessions.find_open(id).await? else {
        return Ok(None);
    };
    let expires_at = state.clock.now() + IDLE_LIFETIME;
    if is_extension_due(session.expires_at, expires_at) {
        state.sessions.extend(id, expires_at).await?;
    }
    Ok(Some(session.learner))
}

fn is_extension_due(kept: OffsetDateTime, wanted: OffsetDateTime) -> bool {
    wanted - kept >= EXTENSION_INTERVAL
}

/// The typed content of a session; `None` when an older version wrote something else.
fn data_of(value: &serde_json::Value) -> Option<SessionData> {
    SessionData::deserialize(value).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_session_is_extended_every_ten_minutes_at_most() {
        let kept = datetime!(2026-11-29 10:00 UTC);
        assert!(!is_extension_due(kept, kept + Duration::seconds(599)));
        assert!(is_extension_due(kept, kept + Duration::minutes(10)));
    }
}
