//! A lecture hall opens the course at once: entrances let a few in at a time, the others wait.
//!
//! An entrance writes some rows; hundreds together would wait for a connection to PostgreSQL for
//! longer than a page may, and be turned away. Here they wait before they ask for one, until the
//! time limit of the request. Nobody waits here for an answer of a platform.

use std::sync::Arc;

use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

/// How many are let in at a time.
const AT_ONCE: usize = 8;

/// The queue before the entrances of one instance.
#[derive(Clone, Debug)]
pub struct Queue(Arc<Semaphore>);

impl Default for Queue {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Queue {
    /// Waits for a turn, which ends when it is dropped.
    ///
    /// # Errors
    /// Never: the queue is not closed.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.0.acquire().await
    }
}
