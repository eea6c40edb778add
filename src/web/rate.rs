//! How many logins a platform may begin: never counted by address, since a whole class shares one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use time::OffsetDateTime;

use crate::lti::PlatformId;

/// How many may come at once: a large lecture, twice.
const BURST: f64 = 4_000.0;

/// How many a second may go on coming.
const PER_SECOND: f64 = 50.0;

/// A bucket for each platform, which fills up by itself.
#[derive(Clone, Debug, Default)]
pub struct LoginRate(Arc<Mutex<HashMap<PlatformId, Bucket>>>);

#[derive(Debug)]
struct Bucket {
    left: f64,
    at: OffsetDateTime,
}

impl LoginRate {
    /// Whether one more login of `platform` may begin at `now` (UTC).
    pub fn allows(&self, platform: PlatformId, now: OffsetDateTime) -> bool {
        let mut buckets = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let bucket = buckets.entry(platform).or_insert(Bucket {
            left: BURST,
            at: now,
        });
        let elapsed = (now - bucket.at).as_seconds_f64().max(0.0);
        bucket.left = (bucket.left + elapsed * PER_SECOND).min(BURST);
        bucket.at = now;
        if bucket.left < 1.0 {
            return false;
        }
        bucket.left -= 1.0;
        true
    }
}
