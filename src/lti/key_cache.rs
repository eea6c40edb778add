//! The key sets of platforms, remembered: read when a launch names a key that is not known yet,
//! once for all launches that wait for it, and never at every launch.
//!
//! A key that is known waits for nobody, whatever the platform does meanwhile. The last good set
//! stays until another one was read.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use time::{Duration, OffsetDateTime};
use url::Url;

use super::{
    Platform,
    client::PlatformClient,
    key_set::{KeySet, KeySetError, PlatformKey},
    launch::LaunchError,
};
use crate::clock::Clock;

/// A set that lacks a key is read again at most this often.
const REREAD_INTERVAL: Duration = Duration::minutes(1);

/// A reading that failed is tried again after this long.
const RETRY_INTERVAL: Duration = Duration::seconds(1);

/// An older set is read again, so that a key which the platform withdrew opens nothing for ever.
const MAX_AGE: Duration = Duration::hours(1);

/// Key sets by their address.
#[derive(Clone, Debug)]
pub struct KeyCache {
    client: PlatformClient,
    clock: Clock,
    entries: Arc<Mutex<HashMap<String, Arc<Entry>>>>,
}

/// One address.
#[derive(Debug, Default)]
struct Entry {
    /// Held while the set is read: whoever needs it waits for that reading.
    turn: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
}

/// What is known of one address.
#[derive(Debug, Default)]
struct Known {
    /// The last good set and when it was read.
    set: Option<(KeySet, OffsetDateTime)>,
    /// When it was last read in place of an older one.
    reread_at: Option<OffsetDateTime>,
    /// When the last reading ended, if it failed.
    failed_at: Option<OffsetDateTime>,
    /// How many readings have ended.
    readings: u64,
}

/// What a first look finds.
enum Glance {
    /// Keys that are good without asking.
    Good(Vec<PlatformKey>),
    /// Keys of a set that is old.
    Old,
    /// None.
    Missing,
}

impl KeyCache {
    /// An empty cache.
    pub fn new(client: PlatformClient, clock: Clock) -> Self {
        Self {
            client,
            clock,
            entries: Arc::default(),
        }
    }

    /// The keys of this name, the set read again when it does not have them.
    ///
    /// # Errors
    /// [`LaunchError::KeyUnknown`] when the platform publishes none,
    /// [`LaunchError::KeysUnavailable`] when that cannot be told.
    pub async fn find(
        &self,
        platform: &Platform,
        kid: &str,
    ) -> Result<Vec<PlatformKey>, LaunchError> {
        let address = &platform.jwks_url;
        let entry = self.entry(address);
        let readings = entry.known().readings;
        let glance = entry.known().glance(kid, self.clock.now());
        let turn = match glance {
            Glance::Good(keys) => return Ok(keys),
            Glance::Old => entry.turn.try_lock().ok(),
            Glance::Missing => Some(entry.turn.lock().await),
        };
        let mut failure = None;
        if turn.is_some() && entry.known().may_be_read(readings, self.clock.now()) {
            let answer = self.read(address).await;
            failure = entry.known().note(answer, self.clock.now());
        }
        let verdict = entry.known().verdict(kid, failure);
        drop(turn);
        verdict
    }

    fn entry(&self, address: &str) -> Arc<Entry> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.entry(address.to_owned()).or_default().clone()
    }

    async fn read(&self, address: &str) -> Result<KeySet, KeySetError> {
        let url = Url::parse(address).map_err(|_| KeySetError::Address)?;
        let accept = (ACCEPT, HeaderValue::from_static("application/json"));
        let answer = self.client.get(url, HeaderMap::from_iter([accept])).await?;
        if answer.status != 200 {
            return Err(KeySetError::Status(answer.status.as_u16()));
        }
        KeySet::from_json(&answer.body)
    }
}

impl Entry {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn named(&self, kid: &str) -> Vec<PlatformKey> {
        let set = self.set.as_ref();
        set.map(|(set, _)| set.named(kid)).unwrap_or_default()
    }

    fn glance(&self, kid: &str, now: OffsetDateTime) -> Glance {
        let keys = self.named(kid);
        let is_old = self.set.as_ref().is_some_and(|(_, at)| now - *at > MAX_AGE);
        match (keys.is_empty(), is_old) {
            (true, _) => Glance::Missing,
            (false, true) => Glance::Old,
            (false, false) => Glance::Good(keys),
        }
    }

    /// Whether it is time to read, for somebody who knew of `readings`: one that ended meanwhile
    /// was for them as well.
    fn may_be_read(&self, readings: u64, now: OffsetDateTime) -> bool {
        let has_rested = match (self.failed_at, self.reread_at) {
            (Some(at), _) => now - at >= RETRY_INTERVAL,
            (None, Some(at)) => now - at >= REREAD_INTERVAL,
            (None, None) => true,
        };
        self.readings == readings && has_rested
    }

    /// Keeps what a reading brought; a failed one leaves the last good set in place and comes back.
    fn note(
        &mut self,
        answer: Result<KeySet, KeySetError>,
        now: OffsetDateTime,
    ) -> Option<KeySetError> {
        self.readings += 1;
        match answer {
            Ok(set) => {
                // The first set counts as no rereading: a key that is new a moment later is found.
                self.reread_at = self.set.as_ref().map(|_| now);
                self.set = Some((set, now));
                self.failed_at = None;
                None
            }
            Err(error) => {
                self.failed_at = Some(now);
                Some(error)
            }
        }
    }

    fn verdict(
        &self,
        kid: &str,
        failure: Option<KeySetError>,
    ) -> Result<Vec<PlatformKey>, LaunchError> {
        let keys = self.named(kid);
        match failure {
            _ if !keys.is_empty() => Ok(keys),
            // The key may be a new one, which cannot be read now.
            Some(error) => Err(LaunchError::KeysUnavailable(Some(error))),
            None if self.failed_at.is_some() => {
                Err(LaunchError::KeysUnavailable(Some(KeySetError::Recently)))
            }
            None => Err(LaunchError::KeyUnknown),
        }
    }
}
