//! Connections that go from one request to the next without a word to PostgreSQL.
//!
//! sqlx's pool asks a connection for a sign of life each time it is given back, in the background:
//! a page of one query then costs PostgreSQL two round trips. Here a connection that did its work
//! is kept aside for the next request; after an error or a cancelled request it is closed, and those
//! kept aside are asked for a sign of life before they are used: the server may have cut them all.
//! Whoever needs a transaction without such a connection takes [`Database::begin`].
//!
//! Behind a pooler in transaction mode each statement may meet another session of PostgreSQL, and
//! sqlx parses a statement in one exchange and runs it in the next. There a [`Connection`] is a
//! transaction from its first statement to [`Connection::keep`], so that all meet the same session.
//! Statements that an earlier client left in that session bear the names that ours will: each
//! transaction begins by forgetting them.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use sqlx::{Connection as _, PgConnection, PgPool, Postgres, Transaction, pool::PoolConnection};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{ACQUIRE_TIMEOUT, RESTED, pool};
use crate::config::{Config, PoolMode};

/// Connections of the pool that are never kept aside: for transactions and for the host.
const RESERVED: u32 = 2;

/// A connection goes back to the pool after this long, which may then replace it.
const KEPT_AT_MOST: Duration = Duration::from_mins(5);

/// Begins a transaction behind a pooler in transaction mode; one exchange.
const BEGIN_ANEW: &str = "BEGIN; DEALLOCATE ALL";

/// A connection that was given back cannot be named any more.
const LENT: &str = "a connection on loan";

/// The way to PostgreSQL.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    mode: PoolMode,
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

/// A connection for one request. Without [`Connection::keep`] it is closed; behind a pooler in
/// transaction mode, what it did is undone then.
#[derive(Debug)]
pub struct Connection {
    held: Held,
    turn: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
enum Held {
    Session(Lent),
    Transaction(Transaction<'static, Postgres>),
}

/// A connection on loan. Dropped before it did its work, it is closed, since nobody knows what it was
/// in the middle of (sqlx does not undo a BEGIN that was cancelled before its answer), and casts
/// doubt on those kept aside.
#[derive(Debug)]
struct Lent {
    /// There until it is given back.
    conn: Option<PoolConnection<Postgres>>,
    taken_at: Instant,
    shelf: Arc<Mutex<Shelf>>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(mut conn) = self.conn.take() {
            conn.close_on_drop();
            if let Ok(mut shelf) = self.shelf.lock() {
                shelf.doubted_at = Some(Instant::now());
            }
        }
    }
}

impl Database {
    /// The way that the settings describe; nothing is opened yet.
    pub fn open(config: &Config) -> Self {
        Self::new(pool(config), config.database_pool_mode)
    }

    /// Keeps connections of `pool`, all but two of them at most.
    pub fn new(pool: PgPool, mode: PoolMode) -> Self {
        let turns = pool
            .options()
            .get_max_connections()
            .saturating_sub(RESERVED);
        let turns = Arc::new(Semaphore::new(usize::try_from(turns).unwrap_or_default()));
        Self {
            pool,
            mode,
            turns,
            shelf: Arc::default(),
        }
    }

    /// A transaction, on a connection that is never kept aside, after a wait of [`ACQUIRE_TIMEOUT`] at most.
    ///
    /// # Errors
    /// When none is free in time or PostgreSQL cannot be reached.
    pub async fn begin(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        let (pool, mode) = (self.pool.clone(), self.mode);
        // A task of its own: one that is cancelled before the answer would stay in its transaction,
        // for the next one to work in.
        let task = tokio::spawn(async move {
            match mode {
                PoolMode::Session => pool.begin().await,
                PoolMode::Transaction => pool.begin_with(BEGIN_ANEW).await,
            }
        });
        let begun = timeout(ACQUIRE_TIMEOUT, task).await;
        begun
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::WorkerCrashed)?
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
        let held = match self.mode {
            PoolMode::Session => self.hold_session().await?,
            PoolMode::Transaction => Held::Transaction(Box::pin(self.begin()).await?),
        };
        Ok(Connection { held, turn })
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

    /// What asks PostgreSQL for something is boxed, here and where [`Self::begin`] is called: it would
    /// swell the future of every request, which is copied several times.
    async fn hold_session(&self) -> sqlx::Result<Held> {
        match self.take_rested() {
            Some((rested, true)) => Ok(self.session(rested.conn, rested.taken_at)),
            doubted => Box::pin(self.find_living(doubted)).await,
        }
    }

    /// The first of those kept aside that gives a sign of life, else one of the pool.
    async fn find_living(&self, mut aside: Option<(Rested, bool)>) -> sqlx::Result<Held> {
        while let Some((mut rested, is_sound)) = aside {
            if is_sound || rested.conn.ping().await.is_ok() {
                return Ok(self.session(rested.conn, rested.taken_at));
            }
            aside = self.take_rested();
        }
        let conn = self.pool.acquire().await?;
        Ok(self.session(conn, Instant::now()))
    }

    fn session(&self, conn: PoolConnection<Postgres>, taken_at: Instant) -> Held {
        Held::Session(Lent {
            conn: Some(conn),
            taken_at,
            shelf: self.shelf.clone(),
        })
    }

    /// The connection that was kept last, and whether it is believed to live.
    fn take_rested(&self) -> Option<(Rested, bool)> {
        let mut aside = self.shelf.lock().ok()?;
        let rested = aside.rested.pop()?;
        let is_doubted = aside.doubted_at.is_some_and(|at| at >= rested.since);
        let is_sound = rested.since.elapsed() < RESTED && !is_doubted;
        Some((rested, is_sound))
    }
}

impl Connection {
    /// Keeps the connection for the next request: it did its work without an error. Behind a pooler
    /// in transaction mode that work is committed here, and not before.
    ///
    /// # Errors
    /// Those of the commit; the work is not done then.
    pub async fn keep(self) -> sqlx::Result<()> {
        match self.held {
            Held::Transaction(transaction) => transaction.commit().await?,
            Held::Session(mut lent) => {
                let now = Instant::now();
                let taken_at = lent.taken_at;
                if let Some(conn) = lent.conn.take()
                    && self.turn.is_some()
                    && now - taken_at < KEPT_AT_MOST
                    && let Ok(mut shelf) = lent.shelf.lock()
                {
                    shelf.rested.push(Rested {
                        conn,
                        taken_at,
                        since: now,
                    });
                }
            }
        }
        Ok(())
    }
}

impl Deref for Connection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match &self.held {
            Held::Session(lent) => lent.conn.as_deref().expect(LENT),
            Held::Transaction(transaction) => transaction,
        }
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.held {
            Held::Session(lent) => lent.conn.as_deref_mut().expect(LENT),
            Held::Transaction(transaction) => transaction,
        }
    }
}
