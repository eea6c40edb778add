//! What one session may ask for in a short time, what one person with a token, and what one platform.
//!
//! Counted before the session is read and before a connection to PostgreSQL is taken. Not counted: an
//! ordinary page, whose one query of an index costs little more than the page of a refusal, and
//! « Quitter », which whoever shares a machine must always be able to press. In memory, at most 4.4 MB
//! ([`Rate`]), and each instance for itself.

use axum::http::{HeaderMap, Method};
use time::OffsetDateTime;
use tower_sessions::session::Id;

use super::{
    origin,
    rate::{Allowance, Rate},
    session::launch::has_cookie,
    urls,
};
use crate::{config::Config, learner::MoodleUserId, lti::PlatformId, sealing};

/// Logins of a platform: a large lecture, twice, and then 50 a second.
const LOGINS: Allowance = Allowance {
    burst: 4_000,
    per_second: 50,
};

/// Requests that change something. The whole course finished and taken back at once is 58 posts, and 116
/// when a script posts each of them twice because an answer was lost; somebody quick presses three
/// buttons a second. At 10 a second a program takes a five-hundredth of what one instance writes.
const WRITES: Allowance = Allowance {
    burst: 120,
    per_second: 10,
};

/// The page of a class and what is taken away: each reads all completions of a class, or all that is
/// kept of somebody. Nobody filters a class thirty times in a breath.
const HEAVY_READS: Allowance = Allowance {
    burst: 30,
    per_second: 2,
};

/// The buckets of one instance.
#[derive(Debug)]
pub struct Limits {
    /// How many logins a platform may begin.
    pub logins: Rate<PlatformId>,
    writes: Rate<Sender>,
    heavy_reads: Rate<Sender>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            logins: Rate::new(LOGINS),
            writes: Rate::new(WRITES),
            heavy_reads: Rate::new(HEAVY_READS),
        }
    }
}

/// Too many requests came at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooMany {
    /// When the next one may come, at least 1.
    pub(crate) seconds: u32,
}

/// What a request costs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cost {
    /// One short query.
    Light,
    /// A read of many rows.
    Heavy,
    /// A transaction.
    Write,
}

impl Cost {
    /// Of a request to `path`, below no root.
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        if origin::changes_something(method) {
            Self::Write
        } else if urls::is_heavy(path) {
            Self::Heavy
        } else {
            Self::Light
        }
    }
}

/// Whose requests are counted together: half a SHA-256, so that no handle is kept. Whether there is such
/// a session is not known yet.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Sender([u8; 16]);

impl Sender {
    /// A session in a tab.
    pub(crate) fn of_tab(id: Id) -> Self {
        Self::new(b't', &id.0.to_be_bytes())
    }

    /// A session in a frame. Those who know its address alone are not counted with the browser that
    /// brings its cookie: they cannot use up what is meant for it.
    pub(crate) fn of_frame(config: &Config, id: Id, headers: &HeaderMap) -> Self {
        let kind = if has_cookie(config, id, headers) {
            b'c'
        } else {
            b'a'
        };
        Self::new(kind, &id.0.to_be_bytes())
    }

    /// Whom a token names, however many tokens there are.
    pub(crate) fn of_person(id: &MoodleUserId) -> Self {
        Self::new(b'p', id.as_str().as_bytes())
    }

    fn new(kind: u8, bytes: &[u8]) -> Self {
        let hash = sealing::hash([&[kind], bytes].concat());
        let (half, _) = hash.split_first_chunk().expect("32 bytes hold 16");
        Self(*half)
    }
}

impl Limits {
    /// Counts one request at `now` (UTC); who sends it is asked for when that matters.
    ///
    /// # Errors
    /// When too many came.
    pub(crate) fn count(
        &self,
        sender: impl FnOnce() -> Sender,
        cost: Cost,
        now: OffsetDateTime,
    ) -> Result<(), TooMany> {
        let taken = match cost {
            Cost::Light => Ok(()),
            Cost::Heavy => self.heavy_reads.take(sender(), now),
            Cost::Write => self.writes.take(sender(), now),
        };
        taken.map_err(|seconds| TooMany { seconds })
    }
}
