//! Connections that go from one request to the next without a word to PostgreSQL.
//!
//! sqlx's pool asks a connection for a sign of life each time it is given back, in the background:
//! a page of one query then costs PostgreSQL two round trips. Here a connection that did its work
//! is kept aside for the next request; after an error or a cancelled request it goes back to the
//! pool, which cleans or closes it, and those kept aside are asked for a sign of life before they
//! are used: the server may have cut them all. Whoever needs a transaction of several statements takes a
//! connection of the pool itself.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use sqlx::{Connection as _, PgConnection, PgPool, Postgres, pool::PoolConnection};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{ACQUIRE_TIMEOUT, RESTED};

/// Connections of the pool that are never kept aside: for transactions and for the host.
const RESERVED: u32 = 2;

/// A connection goes back to the pool after this long, which may then replace it.
const KEPT_AT_MOST: Duration = Duration::from_mins(5);

/// The way to PostgreSQL.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    /// One turn for each connection that may be kept aside.
    turns: Arc<Semaphore>,
    shelf: Arc<Mutex<Shelf>>,
}

/// The connections kept aside.
#[derive(Debug, Default)]
struct Shelf {
    rested: Vec<Rested>,
    /// When a connection was last given back without having done its work.
    doubted_at: Option<Instant>,
}

/// A connection kept aside.
#[derive(Debug)]
struct Rested {
    conn: PoolConnection<Postgres>,
    taken_at: Instant,
    since: Instant,
}

/// A connection for one request. Without [`Connection::keep`] it goes back to the pool.
#[derive(Debug)]
pub struct Connection {
    conn: PoolConnection<Postgres>,
    taken_at: Instant,
    turn: Option<OwnedSemaphorePermit>,
    doubt: Doubt,
}

/// Casts doubt on what is kept aside when it is dropped, unless the work was done.
#[derive(Debug)]
struct Doubt {
    shelf: Arc<Mutex<Shelf>>,
    is_dispelled: bool,
}

impl Drop for Doubt {
    fn drop(&mut self) {
        if !self.is_dispelled
            && let Ok(mut shelf) = self.shelf.lock()
        {
            shelf.doubted_at = Some(Instant::now());
        }
    }
}

impl Database {
    /// Keeps connections of `pool`, all but two of them at most.
    pub fn new(pool: PgPool) -> Self {
        let turns = pool
            .options()
            .get_max_connections()
            .saturating_sub(RESERVED);
        let turns = Arc::new(Semaphore::new(usize::try_from(turns).unwrap_or_default()));
        Self {
            pool,
            turns,
            shelf: Arc::default(),
        }
    }

    /// The pool below, for transactions.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection, after a wait of [`ACQUIRE_TIMEOUT`] at most.
    ///
    /// # Errors
    /// When none is free in time or PostgreSQL cannot be reached.
    pub async fn acquire(&self) -> sqlx::Result<Connection> {
        let has_turns = self.pool.options().get_max_connections() > RESERVED;
        let turn = if has_turns {
            Some(self.turn().await?)
        } else {
            None
        };
        while let Some((rested, is_sound)) = self.take_rested() {
            let Rested {
                mut conn, taken_at, ..
            } = rested;
            if is_sound || conn.ping().await.is_ok() {
                return Ok(self.lend(conn, taken_at, turn));
            }
        }
        let conn = self.pool.acquire().await?;
        Ok(self.lend(conn, Instant::now(), turn))
    }

    /// Gives back what is kept aside and closes the pool.
    pub async fn close(&self) {
        while let Some(rested) = self.take_rested() {
            drop(rested);
        }
        self.pool.close().await;
    }

    async fn turn(&self) -> sqlx::Result<OwnedSemaphorePermit> {
        let turn = timeout(ACQUIRE_TIMEOUT, self.turns.clone().acquire_owned()).await;
        turn.map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)
    }

    /// The connection that was kept last, and whether it is believed to live.
    fn take_rested(&self) -> Option<(Rested, bool)> {
        let mut aside = self.shelf.lock().ok()?;
        let rested = aside.rested.pop()?;
        let is_doubted = aside.doubted_at.is_some_and(|at| at >= rested.since);
        let is_sound = rested.since.elapsed() < RESTED && !is_doubted;
        Some((rested, is_sound))
    }

    fn lend(
        &self,
        conn: PoolConnection<Postgres>,
        taken_at: Instant,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Connection {
        Connection {
            conn,
            taken_at,
            turn,
            doubt: Doubt {
                shelf: self.shelf.clone(),
                is_dispelled: false,
            },
        }
    }
}

impl Connection {
    /// Keeps the connection for the next request: it did its work without an error.
    pub fn keep(self) {
        let Self {
            conn,
            taken_at,
            turn,
            mut doubt,
        } = self;
        doubt.is_dispelled = true;
        let now = Instant::now();
        if turn.is_some()
            && now - taken_at < KEPT_AT_MOST
            && let Ok(mut shelf) = doubt.shelf.lock()
        {
            shelf.rested.push(Rested {
                conn,
                taken_at,
                since: now,
            });
        }
    }
}

impl Deref for Connection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.conn
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.conn
    }
}
