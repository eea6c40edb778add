//! A platform that has another address, and is the same in all else.

pub mod store;

use sqlx::PgConnection;

use crate::lti::PlatformId;

/// Rows in which the old address of a platform stood.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Readdressed {
    /// The platform itself: 1, or 0 when none of its addresses begins so.
    pub platforms: u64,
    /// Courses with a class list.
    pub courses: u64,
    /// Activities with a gradebook column.
    pub activities: u64,
    /// Grades that a column accepted.
    pub grades: u64,
}

/// Writes the new address of a platform wherever the old one stands: its own addresses, those of
/// class lists and gradebook columns. Addresses are whole, without a slash at their end. Returns
/// how many rows were changed.
///
/// # Errors
/// Those of the database; the constraint `platform_once` when the new one is registered already.
pub async fn readdress(
    conn: &mut PgConnection,
    platform: PlatformId,
    old: &str,
    new: &str,
) -> sqlx::Result<Readdressed> {
    Ok(Readdressed {
        platforms: store::readdress_platform(conn, platform, old, new).await?,
        courses: store::readdress_contexts(conn, platform, old, new).await?,
        activities: store::readdress_links(conn, platform, old, new).await?,
        grades: store::readdress_scores(conn, platform, old, new).await?,
    })
}
