//! How many requests may come at once, and how many go on coming: a token bucket for each key.
//!
//! A key is never an address, since a whole class shares one. Each instance of the program counts for
//! itself: two behind a balancer let twice as much through.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use time::{Duration, OffsetDateTime};

/// How many buckets are kept at most. The next key is not counted while none is free: whoever fills the
/// table keeps nobody out.
pub const CAPACITY: usize = 50_000;

/// Buckets that are full again are forgotten this often.
const SWEEP_INTERVAL: Duration = Duration::seconds(1);

/// The size of a bucket, and how fast it fills up.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// How many requests may come at once.
    pub burst: u32,
    /// How many a second may go on coming.
    pub per_second: u32,
}

impl Allowance {
    /// How long one request takes to come back.
    fn interval(self) -> Duration {
        Duration::SECOND / self.per_second
    }

    /// How long an empty bucket takes to be full.
    fn whole(self) -> Duration {
        self.interval() * self.burst
    }
}

/// A bucket for each key, which fills up by itself.
///
/// Shape: of a bucket only the moment is kept at which it will be full again; one that is full needs no
/// place, and is forgotten within a second of the next request. Memory: 33 bytes a bucket with a key
/// of 16 bytes, in a table of 65,536 places at most, so 2.2 MB ([`CAPACITY`]).
#[derive(Debug)]
pub struct Rate<K> {
    allowance: Allowance,
    buckets: Mutex<Buckets<K>>,
}

#[derive(Debug)]
struct Buckets<K> {
    full_at: HashMap<K, OffsetDateTime>,
    swept_at: OffsetDateTime,
}

impl<K: Eq + Hash> Rate<K> {
    /// All buckets full.
    pub fn new(allowance: Allowance) -> Self {
        let buckets = Buckets {
            full_at: HashMap::new(),
            swept_at: OffsetDateTime::UNIX_EPOCH,
        };
        Self {
            allowance,
            buckets: Mutex::new(buckets),
        }
    }

    /// Takes one request out of the bucket of `key` at `now` (UTC).
    ///
    /// # Errors
    /// When it is empty: the seconds until the next one, rounded up, at least 1.
    pub fn take(&self, key: K, now: OffsetDateTime) -> Result<(), u32> {
        let whole = self.allowance.whole();
        // Further away it was written before the clock was set back: nobody waits for that.
        let is_filling = |full_at: OffsetDateTime| now < full_at && full_at <= now + whole;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if (now - buckets.swept_at).abs() >= SWEEP_INTERVAL {
            buckets.full_at.retain(|_, full_at| is_filling(*full_at));
            buckets.swept_at = now;
        }
        let known = buckets.full_at.get(&key).copied();
        let full_at = known.filter(|at| is_filling(*at)).unwrap_or(now) + self.allowance.interval();
        let wait = full_at - (now + whole);
        if wait.is_positive() {
            return Err(whole_seconds(wait));
        }
        if known.is_some() || buckets.full_at.len() < CAPACITY {
            buckets.full_at.insert(key, full_at);
        }
        Ok(())
    }
}

/// Rounded up.
fn whole_seconds(wait: Duration) -> u32 {
    let up = Duration::SECOND - Duration::NANOSECOND;
    u32::try_from((wait + up).whole_seconds()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-14 09:00 UTC);

    fn rate(burst: u32, per_second: u32) -> Rate<u128> {
        Rate::new(Allowance { burst, per_second })
    }

    fn kept(rate: &Rate<u128>) -> usize {
        rate.buckets.lock().expect("no panic").full_at.len()
    }

    /// How many come through at once.
    fn taken(rate: &Rate<u128>, key: u128, now: OffsetDateTime) -> usize {
        (0..1_000)
            .take_while(|_| rate.take(key, now).is_ok())
            .count()
    }

    #[test]
    fn a_bucket_gives_its_burst_then_what_has_come_back() {
        let rate = rate(20, 10);
        assert_eq!(taken(&rate, 1, NOW), 20);
        assert_eq!(taken(&rate, 1, NOW + Duration::milliseconds(99)), 0);
        assert_eq!(taken(&rate, 1, NOW + Duration::milliseconds(350)), 3);
        assert_eq!(taken(&rate, 1, NOW + Duration::days(1)), 20);
        assert_eq!(taken(&rate, 2, NOW + Duration::days(1)), 20);
    }

    #[test]
    fn whoever_waits_as_long_as_told_may_go_on() {
        let slow = Rate::new(Allowance {
            burst: 2,
            per_second: 1,
        });
        assert_eq!(taken(&slow, 1, NOW), 2);
        assert_eq!(slow.take(1, NOW + Duration::milliseconds(400)), Err(1));
        assert_eq!(slow.take(1, NOW + Duration::milliseconds(1_400)), Ok(()));
        let fast = rate(2, 10);
        assert_eq!(taken(&fast, 1, NOW), 2);
        assert_eq!(fast.take(1, NOW), Err(1), "never 0");
    }

    #[test]
    fn what_is_refused_costs_nothing() {
        let rate = rate(2, 1);
        assert_eq!(taken(&rate, 1, NOW), 2);
        for _ in 0..100 {
            assert!(rate.take(1, NOW).is_err());
        }
        assert_eq!(rate.take(1, NOW + Duration::SECOND), Ok(()));
    }

    #[test]
    fn a_bucket_that_is_full_again_is_forgotten() {
        let rate = rate(20, 10);
        for key in 0..500 {
            rate.take(key, NOW).expect("a full bucket");
        }
        assert_eq!(kept(&rate), 500);
        rate.take(1, NOW + Duration::SECOND).expect("a full bucket");
        assert_eq!(kept(&rate), 1);
    }

    #[test]
    fn any_number_of_keys_fills_a_bounded_number_of_buckets_and_keeps_nobody_out() {
        let rate = rate(20, 10);
        for key in 0..3 * CAPACITY as u128 {
            assert_eq!(rate.take(key, NOW), Ok(()));
        }
        assert_eq!(kept(&rate), CAPACITY);
        assert_eq!(taken(&rate, 1, NOW), 19, "who was there is still counted");
        let buckets = rate.buckets.lock().expect("no panic");
        assert!(buckets.full_at.capacity() <= 65_536);
        assert_eq!(size_of::<(u128, OffsetDateTime)>(), 32);
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let rate = rate(20, 10);
        assert_eq!(taken(&rate, 1, NOW + Duration::days(2_000)), 20);
        assert_eq!(taken(&rate, 1, NOW), 20);
    }
}
