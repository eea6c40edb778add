//! A fact of the database that every page needs, believed for a second: a page costs no query.

use std::{future::Future, sync::Mutex};

use time::{Duration, OffsetDateTime};
use tokio::time::timeout;

/// How long an answer is believed.
const BELIEVED: Duration = Duration::seconds(1);

/// How long a page waits for the answer before it does without.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(500);

/// What was read last, and when.
#[derive(Debug)]
pub(crate) struct Remembered<T>(Mutex<Option<(T, OffsetDateTime)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Remembered<T> {
    /// The fact at `now` (UTC), read anew when a second has gone by. Those who come while it is
    /// read use what was known; without the database the last answer stands, or `None`.
    pub(crate) async fn get<R>(&self, now: OffsetDateTime, read: impl FnOnce() -> R) -> Option<T>
    where
        R: Future<Output = sqlx::Result<T>>,
    {
        let known = self.recall();
        if let Some((value, read_at)) = &known {
            if now - *read_at < BELIEVED {
                return Some(value.clone());
            }
            self.keep(value.clone(), now);
        }
        // Boxed: it happens once a second, and would swell the future of every request.
        match Box::pin(timeout(PATIENCE, read())).await {
            Ok(Ok(value)) => {
                self.keep(value.clone(), now);
                Some(value)
            }
            _ => known.map(|(value, _)| value),
        }
    }

    /// Reads it anew for the next page if what is known fails `is_good`.
    pub(crate) fn doubt(&self, is_good: impl FnOnce(&T) -> bool) {
        if let Ok(mut slot) = self.0.lock()
            && slot.as_ref().is_some_and(|(value, _)| !is_good(value))
        {
            *slot = None;
        }
    }

    fn recall(&self) -> Option<(T, OffsetDateTime)> {
        self.0.lock().ok()?.clone()
    }

    fn keep(&self, value: T, now: OffsetDateTime) {
        if let Ok(mut slot) = self.0.lock() {
            *slot = Some((value, now));
        }
    }
}
