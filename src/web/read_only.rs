//! Read-only mode as pages tell it. What is refused is the database's to say; here the switch is
//! remembered for a second, for the banner alone.

use time::OffsetDateTime;

use super::remembered::Remembered;
use crate::{db::Database, read_only};

/// The switch, as it was read last.
#[derive(Debug, Default)]
pub(crate) struct ReadOnly(Remembered<bool>);

impl ReadOnly {
    /// Whether the course is in read-only mode, as far as is known at `now` (UTC).
    pub(crate) async fn is_on(&self, db: &Database, now: OffsetDateTime) -> bool {
        let read = async || {
            let mut conn = db.acquire().await?;
            let switch = read_only::store::find_switch(&mut conn).await?;
            conn.keep().await?;
            Ok(switch.is_on)
        };
        self.0.get(now, read).await.unwrap_or(false)
    }

    /// Takes note that the database refused a change: the next page reads the switch anew.
    pub(crate) fn note_refusal(&self) {
        self.0.doubt(|is_on| *is_on);
    }
}
