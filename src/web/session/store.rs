//! The SQL of sessions, and all of it: tower-sessions' store on `internal.sessions`.
//!
//! The table holds the SHA-256 of an id, never the id: a dump lets nobody in. Sessions read
//! a moment ago are remembered for [`REMEMBERED`] with their learner, so that a page costs one
//! round trip; a session ended elsewhere, or a learner erased, is honoured within that time.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use async_trait::async_trait;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::{KEY, SessionData, data_of};
use crate::{
    clock::Clock,
    db::Database,
    learner::{Learner, LearnerId},
};

/// How long a session that was read is believed without asking again.
pub const REMEMBERED: Duration = Duration::seconds(2);

/// How many sessions are remembered at most.
const CAPACITY: usize = 20_000;

/// Sessions in PostgreSQL, with a short memory.
#[derive(Clone, Debug)]
pub struct PostgresSessionStore {
    db: Database,
    clock: Clock,
    memory: Arc<RwLock<HashMap<Id, Remembered>>>,
}

/// A session that is open.
#[derive(Clone, Debug)]
pub struct OpenSession {
    /// What it knows.
    pub data: Arc<SessionData>,
    /// Whose it is, as read with it.
    pub learner: Arc<Learner>,
    /// When it ends if nothing happens, UTC.
    pub expires_at: OffsetDateTime,
}

#[derive(Clone, Debug)]
struct Remembered {
    session: OpenSession,
    read_at: OffsetDateTime,
}

impl PostgresSessionStore {
    /// A store on this database.
    pub fn new(db: Database, clock: Clock) -> Self {
        Self {
            db,
            clock,
            memory: Arc::default(),
        }
    }

    /// The open session of this id, from memory when it was read a moment ago.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find_open(&self, id: Id) -> sqlx::Result<Option<OpenSession>> {
        let now = self.clock.now();
        if let Some(session) = self.recall(id, now) {
            return Ok(Some(session));
        }
        let mut conn = self.db.acquire().await?;
        let row = sqlx::query!(
            "SELECT data, expires_at, users.id, moodle_user_id, email, users.name
             FROM internal.sessions JOIN users ON users.id = user_id
             LEFT JOIN lti_platforms AS platform ON platform.id = platform_id
             WHERE id_hash = $1 AND expires_at > $2 AND coalesce(platform.status, 'approved') = 'approved'",
            &hash(id),
            now,
        )
        .fetch_optional(&mut *conn)
        .await?;
        conn.keep().await?;
        let session = row.and_then(|row| {
            let data = data_of(row.data.get(KEY)?)?;
            let learner = Learner {
                id: LearnerId(row.id),
                moodle_user_id: row.moodle_user_id,
                email: row.email,
                name: row.name,
            };
            Some(OpenSession {
                data: Arc::new(data),
                learner: Arc::new(learner),
                expires_at: row.expires_at,
            })
        });
        match &session {
            Some(session) => self.remember(id, session.clone()),
            None => self.forget(id),
        }
        Ok(session)
    }

    /// Lets a session live until `expires_at` (UTC).
    ///
    /// # Errors
    /// Those of the database.
    pub async fn extend(&self, id: Id, expires_at: OffsetDateTime) -> sqlx::Result<()> {
        let mut conn = self.db.acquire().await?;
        sqlx::query!(
            "UPDATE internal.sessions SET expires_at = $2 WHERE id_hash = $1",
            &hash(id),
            expires_at,
        )
        .execute(&mut *conn)
        .await?;
        conn.keep().await?;
        self.forget(id);
        Ok(())
    }

    /// Writes the session of a launch, in the transaction of the launch; the one that is there
    /// is replaced.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn write(
        &self,
        conn: &mut PgConnection,
        id: Id,
        data: &SessionData,
    ) -> sqlx::Result<()> {
        let now = self.clock.now();
        let record = json!({ KEY: data });
        upsert_session(conn, id, Some(data), record, data.expires_at(now), now).await?;
        self.forget(id);
        Ok(())
    }

    /// Ends a session, once: tells whether it was there.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn end(&self, conn: &mut PgConnection, id: Id) -> sqlx::Result<bool> {
        let done = sqlx::query!(
            "DELETE FROM internal.sessions WHERE id_hash = $1",
            &hash(id)
        )
        .execute(conn)
        .await?;
        self.forget(id);
        Ok(done.rows_affected() == 1)
    }

    /// Deletes the sessions that are over and returns how many they were.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn delete_expired(&self) -> sqlx::Result<u64> {
        let now = self.clock.now();
        let mut conn = self.db.acquire().await?;
        let done = sqlx::query!("DELETE FROM internal.sessions WHERE expires_at <= $1", now)
            .execute(&mut *conn)
            .await?;
        conn.keep().await?;
        Ok(done.rows_affected())
    }

    fn remember(&self, id: Id, session: OpenSession) {
        let now = self.clock.now();
        let Ok(mut memory) = self.memory.write() else {
            return;
        };
        if memory.len() >= CAPACITY {
            memory.retain(|_, remembered| now - remembered.read_at < REMEMBERED);
        }
        if memory.len() < CAPACITY {
            memory.insert(
                id,
                Remembered {
                    session,
                    read_at: now,
                },
            );
        }
    }

    /// Forgets the sessions of a learner who is erased, so that this instance honours it at once.
    pub fn forget_learner(&self, learner: LearnerId) {
        if let Ok(mut memory) = self.memory.write() {
            memory.retain(|_, remembered| remembered.session.learner.id != learner);
        }
    }

    fn forget(&self, id: Id) {
        if let Ok(mut memory) = self.memory.write() {
            memory.remove(&id);
        }
    }

    fn recall(&self, id: Id, now: OffsetDateTime) -> Option<OpenSession> {
        let memory = self.memory.read().ok()?;
        let Remembered { session, read_at } = memory.get(&id)?;
        let is_fresh = now - *read_at < REMEMBERED && session.expires_at > now;
        is_fresh.then(|| session.clone())
    }
}

#[async_trait]
impl SessionStore for PostgresSessionStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // 128 random bits never meet twice; the primary key would refuse it.
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data =
            serde_json::to_value(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        let mut conn = self.db.acquire().await.map_err(backend)?;
        let known = record.data.get(KEY).and_then(data_of);
        upsert_session(
            &mut conn,
            record.id,
            known.as_ref(),
            data,
            record.expiry_date,
            self.clock.now(),
        )
        .await
        .map_err(backend)?;
        conn.keep().await.map_err(backend)?;
        self.forget(record.id);
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let session = self.find_open(*id).await.map_err(backend)?;
        Ok(session.map(|session| Record {
            id: *id,
            data: HashMap::from([(KEY.to_owned(), serde_json::json!(*session.data))]),
            expiry_date: session.expires_at,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut conn = self.db.acquire().await.map_err(backend)?;
        self.end(&mut conn, *id).await.map_err(backend)?;
        conn.keep().await.map_err(backend)
    }
}

/// Writes a session, and that its learner came; one round trip.
async fn upsert_session(
    conn: &mut PgConnection,
    id: Id,
    known: Option<&SessionData>,
    data: serde_json::Value,
    expires_at: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        WITH written AS (
            INSERT INTO internal.sessions (id_hash, user_id, data, expires_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (id_hash) DO UPDATE
            SET user_id = excluded.user_id, data = excluded.data, expires_at = excluded.expires_at
            RETURNING user_id
        )
        INSERT INTO internal.last_visits (user_id, visited_at)
        SELECT user_id, $5 FROM written WHERE user_id IS NOT NULL
        ON CONFLICT (user_id) DO UPDATE SET visited_at = excluded.visited_at
        "#,
        &hash(id),
        known.map(|data| data.learner.0),
        data,
        expires_at,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What the table knows of an id.
fn hash(id: Id) -> [u8; 32] {
    Sha256::digest(id.0.to_be_bytes()).into()
}

#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` takes")]
fn backend(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}
