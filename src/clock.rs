//! The only place that asks what time it is, and that knows the clocks of Paris.
//!
//! Everything below receives the time as a value; `web` and `cli` hold a [`Clock`]
//! and read it once per request. Tests set it by hand and never wait.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use time::{Duration, OffsetDateTime};

static PARIS: TimeZone = jiff::tz::get!("Europe/Paris");

/// Where "now" comes from: the system, or a hand on a dial.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Microseconds since 1970, UTC: as fine as PostgreSQL keeps a time.
    Dial(Arc<AtomicI64>),
}

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `start` until [`Clock::advance`] moves it.
    pub fn fixed(start: OffsetDateTime) -> Self {
        Self(Source::Dial(Arc::new(AtomicI64::new(microseconds(start)))))
    }

    /// The present moment, in UTC.
    pub fn now(&self) -> OffsetDateTime {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
            Source::System => OffsetDateTime::now_utc(),
            Source::Dial(dial) => {
                let microseconds = i128::from(dial.load(Ordering::SeqCst));
                OffsetDateTime::from_unix_timestamp_nanos(microseconds * 1_000)
                    .unwrap_or(OffsetDateTime::UNIX_EPOCH)
            }
        }
    }

    /// Moves a fixed clock forward; the system's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Source::Dial(dial) = &self.0 {
            let by = i64::try_from(by.whole_microseconds()).unwrap_or(0);
            dial.fetch_add(by, Ordering::SeqCst);
        }
    }
}

/// What the calendar and the clocks in Paris show at that moment.
pub fn in_paris(time: OffsetDateTime) -> DateTime {
    Timestamp::from_second(time.unix_timestamp())
        .unwrap_or_default()
        .to_zoned(PARIS.clone())
        .datetime()
}

fn microseconds(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = Clock::fixed(datetime!(2026-11-22 10:00 UTC));
        assert_eq!(clock.now(), datetime!(2026-11-22 10:00 UTC));
        clock.clone().advance(Duration::minutes(5));
        assert_eq!(clock.now(), datetime!(2026-11-22 10:05 UTC));
    }
}
