//! The one-time code that lets a platform register.

use time::{Duration, OffsetDateTime};

use super::store;
use crate::{db::Database, sealing};

/// An invitation that nobody follows is over after this long.
pub const LIFETIME: Duration = Duration::days(7);

/// For this long the page still tells that an invitation was used, or has waited too long.
const KEPT_AFTER: Duration = Duration::days(90);

/// What has become of an invitation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InviteState {
    /// It may be used.
    Open,
    /// A platform was registered with it.
    Used,
    /// It has waited too long.
    Expired,
    /// There never was one of this code.
    Unknown,
}

/// Why there is no invitation.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The operating system has no random bytes.
    #[error("no random bytes")]
    Random(#[from] getrandom::Error),
    /// The database cannot be written.
    #[error("the invitation was not kept")]
    Database(#[from] sqlx::Error),
}

/// Makes an invitation, open from `now` (UTC) on, and returns its code: 256 random bits in
/// base64url, of which a hash is kept. Those long over are forgotten.
///
/// # Errors
/// [`InviteError`]; there is no invitation then.
pub async fn invite(db: &Database, now: OffsetDateTime) -> Result<String, InviteError> {
    let code = sealing::random_text()?;
    let mut conn = db.acquire().await?;
    store::delete_expired_invites(&mut conn, now - KEPT_AFTER).await?;
    store::insert_invite(&mut conn, &code, now).await?;
    conn.keep().await?;
    Ok(code)
}
