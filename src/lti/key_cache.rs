//! The key sets of platforms, remembered: read when a launch names a key that is not known yet,
//! once for all launches that wait for it, and never at every launch.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use time::{Duration, OffsetDateTime};
use url::Url;

use super::{
    Platform, PlatformId,
    client::PlatformClient,
    key_set::{KeySet, KeySetError, PlatformKey},
    launch::LaunchError,
};
use crate::clock::Clock;

/// A set that lacks a key is read again at most this often.
const REFETCH_INTERVAL: Duration = Duration::minutes(1);

/// Without any set, a failed reading is tried again after this long.
const RETRY_INTERVAL: Duration = Duration::seconds(1);

/// Key sets by platform.
#[derive(Clone, Debug)]
pub struct KeyCache {
    client: PlatformClient,
    clock: Clock,
    entries: Arc<Mutex<HashMap<PlatformId, Entry>>>,
}

/// One platform's entry; its lock is held while the set is read, so that others wait for it.
type Entry = Arc<tokio::sync::Mutex<Remembered>>;

#[derive(Debug, Default)]
struct Remembered {
    /// The last good set, and the address it came from.
    set: Option<(String, KeySet)>,
    asked_at: Option<OffsetDateTime>,
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
        let entry = self.entry(platform.id);
        let mut remembered = entry.lock().await;
        let address = &platform.jwks_url;
        let known = remembered.named(address, kid);
        if !known.is_empty() {
            return Ok(known);
        }
        let now = self.clock.now();
        let has_set = remembered.has_set(address);
        let interval = if has_set {
            REFETCH_INTERVAL
        } else {
            RETRY_INTERVAL
        };
        if remembered.asked_at.is_some_and(|at| now - at < interval) {
            return Err(if has_set {
                LaunchError::KeyUnknown
            } else {
                LaunchError::KeysUnavailable(Some(KeySetError::Recently))
            });
        }
        remembered.asked_at = Some(now);
        match self.fetch(address).await {
            Ok(set) => {
                remembered.set = Some((address.clone(), set));
                let found = remembered.named(address, kid);
                if found.is_empty() {
                    return Err(LaunchError::KeyUnknown);
                }
                Ok(found)
            }
            // The last good set stays; the key may be a new one that cannot be read now.
            Err(error) => Err(LaunchError::KeysUnavailable(Some(error))),
        }
    }

    fn entry(&self, platform: PlatformId) -> Entry {
        let mut entries = self
            .entries
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        entries.entry(platform).or_default().clone()
    }

    async fn fetch(&self, address: &str) -> Result<KeySet, KeySetError> {
        let url = Url::parse(address).map_err(|_| KeySetError::Address)?;
        let accept = (ACCEPT, HeaderValue::from_static("application/json"));
        let answer = self.client.get(url, HeaderMap::from_iter([accept])).await?;
        if answer.status != 200 {
            return Err(KeySetError::Status(answer.status.as_u16()));
        }
        KeySet::from_json(&answer.body)
    }
}

impl Remembered {
    fn has_set(&self, address: &str) -> bool {
        self.set.as_ref().is_some_and(|(from, _)| from == address)
    }

    fn named(&self, address: &str, kid: &str) -> Vec<PlatformKey> {
        match &self.set {
            Some((from, set)) if from == address => set.named(kid),
            _ => Vec::new(),
        }
    }
}
