//! A session in a frame: what a launch, or a signed token, opened, and how its handle travels.
//!
//! One session per launch; its handle stands in the path, `/s/{handle}/…`. The browser that keeps
//! the cookie of the launch must bring it with each request: then the address alone opens nothing.
//! For a browser that keeps none, the address is believed, unless the browser itself says that it
//! was pasted or came from elsewhere.

use axum::http::{HeaderMap, header};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tower_sessions::session::Id;

use crate::{
    config::Config,
    lti::{ContextId, PlatformId, ResourceLinkId, Role, launch::DeepLinkingSettings},
    sealing,
    web::{origin::SEC_FETCH_SITE, urls::Urls},
};

/// A session in a frame ends after this long without a page.
pub const IDLE_LIFETIME: Duration = Duration::hours(2);

/// A session in a frame ends after this long, whatever happens.
pub const ABSOLUTE_LIFETIME: Duration = Duration::hours(8);

/// The one-time address of a new session opens it for this long.
pub const ENTRY_LIFETIME: Duration = Duration::seconds(60);

/// A second look at the one-time address, by the same browser, is forgiven for this long.
const SECOND_LOOK: Duration = Duration::seconds(10);

/// What a launch opened.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LaunchSession {
    /// When it began, UTC.
    pub started_at: OffsetDateTime,
    /// How the browser proves that the session is its own.
    pub binding: Binding,
    /// The state of its one-time address.
    pub entry: Entry,
    /// The page to open, below the root of the session.
    pub landing: String,
    /// What the learner is in the context.
    pub role: Role,
    /// Whether the page stands in a frame of the platform's page.
    pub is_framed: bool,
    /// The way back to the course over there.
    pub return_url: Option<String>,
    /// Which platform; none for a signed token.
    pub platform: Option<PlatformId>,
    /// Where the tool is installed, in words of the platform.
    pub deployment: Option<String>,
    /// Which course over there.
    pub context: Option<ContextId>,
    /// Which activity over there.
    pub resource_link: Option<ResourceLinkId>,
    /// Whether completions reach a gradebook column; `None` when the question makes no sense.
    pub is_graded: Option<bool>,
    /// What a teacher may place, in a deep linking dialog.
    pub deep_linking: Option<DeepLinkingSettings>,
}

/// How the browser proves that the session is its own.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// Not known yet: the one-time address tells.
    Undecided,
    /// By the cookie of the launch; from the one-time address on, when the launch brought the cookie
    /// of its login.
    Cookie,
    /// By the address alone: the browser keeps no cookie. Holds what was the browser's own name,
    /// without versions, as a hash.
    Address {
        /// SHA-256 of it.
        browser: [u8; 32],
    },
}

/// The state of the one-time address of a session.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Not used yet; open until then, UTC.
    Open {
        /// UTC.
        until: OffsetDateTime,
    },
    /// Used.
    Used {
        /// UTC.
        at: OffsetDateTime,
        /// By which browser.
        browser: [u8; 32],
    },
}

impl Entry {
    /// Open from `now` (UTC) on.
    pub(crate) fn opened(now: OffsetDateTime) -> Self {
        Self::Open {
            until: now + ENTRY_LIFETIME,
        }
    }
}

/// A one-time address and the session behind it: both derived from the launch, so that the same
/// launch sent twice leads to the same session, and nothing of them is kept.
#[derive(Clone, Debug)]
pub struct Ticket(String);

impl Ticket {
    /// The ticket of a launch, from what makes it unique.
    pub(crate) fn of_launch(config: &Config, parts: &[&[u8]]) -> Self {
        let bytes = sealing::derive(&config.secret_key, "ticket", parts);
        Self(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    /// A ticket that a browser brings.
    pub(crate) fn from_text(text: String) -> Self {
        Self(text)
    }

    /// As it stands in the address.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the session behind it.
    pub(crate) fn handle(&self, config: &Config) -> Id {
        let bytes = sealing::derive(&config.secret_key, "handle", &[self.0.as_bytes()]);
        let (half, _) = bytes.split_first_chunk().expect("32 bytes hold 16");
        Id(i128::from_be_bytes(*half))
    }
}

impl LaunchSession {
    /// A session that begins at `now` (UTC) and opens the page `landing`; nothing more is told.
    pub(crate) fn new(now: OffsetDateTime, landing: String, role: Role) -> Self {
        Self {
            started_at: now,
            binding: Binding::Undecided,
            entry: Entry::opened(now),
            landing,
            role,
            is_framed: true,
            return_url: None,
            platform: None,
            deployment: None,
            context: None,
            resource_link: None,
            is_graded: None,
            deep_linking: None,
        }
    }

    /// The course over there whose class this session may see.
    pub(crate) fn class(&self) -> Option<ContextId> {
        self.context.filter(|_| self.role.can_see_class())
    }

    /// When the session ends if nothing happens after `now`, UTC.
    pub fn expires_at(&self, now: OffsetDateTime) -> OffsetDateTime {
        (now + IDLE_LIFETIME).min(self.started_at + ABSOLUTE_LIFETIME)
    }

    /// Whether a request with these headers may use the session.
    pub(crate) fn admits(&self, config: &Config, id: Id, headers: &HeaderMap) -> bool {
        match self.binding {
            Binding::Undecided => false,
            Binding::Cookie => has_cookie(config, id, headers),
            Binding::Address { browser } => {
                let site = headers.get(SEC_FETCH_SITE);
                let is_from_elsewhere =
                    site.is_some_and(|site| site == "none" || site == "cross-site");
                !is_from_elsewhere && browser == browser_of(headers)
            }
        }
    }

    /// Uses the one-time address at `now`: decides how the session is bound. `None` when it may
    /// not be used any more.
    pub(crate) fn entered(
        &self,
        config: &Config,
        id: Id,
        headers: &HeaderMap,
        now: OffsetDateTime,
    ) -> Option<Self> {
        let browser = browser_of(headers);
        match self.entry {
            Entry::Open { until } if now <= until => {}
            Entry::Used { at, browser: known } if known == browser && now - at <= SECOND_LOOK => {}
            _ => return None,
        }
        let has_cookie = has_cookie(config, id, headers);
        let binding = match self.binding {
            Binding::Cookie if !has_cookie => return None,
            _ if has_cookie => Binding::Cookie,
            _ => Binding::Address { browser },
        };
        Some(Self {
            binding,
            entry: Entry::Used { at: now, browser },
            ..self.clone()
        })
    }
}

/// Where the pages of this session stand.
pub(crate) fn urls_of_handle(id: Id) -> Urls {
    Urls::below(format!("/s/{id}"))
}

/// The cookie that binds a session, as the answer to a launch sets it.
pub(crate) fn binding_cookie(config: &Config, id: Id) -> (String, String) {
    let name = sealing::hash(id.0.to_be_bytes());
    let name = BASE64_URL_SAFE_NO_PAD.encode(&name[..6]);
    let value = sealing::derive(&config.secret_key, "binding cookie", &[&id.0.to_be_bytes()]);
    (format!("s-{name}"), BASE64_URL_SAFE_NO_PAD.encode(value))
}

/// Whether the browser brings the cookie that binds this session.
pub(crate) fn has_cookie(config: &Config, id: Id, headers: &HeaderMap) -> bool {
    let (name, value) = binding_cookie(config, id);
    super::cookie::find(config, headers, &name)
        .is_some_and(|brought| sealing::is_same(brought.as_bytes(), value.as_bytes()))
}

/// What a browser calls itself, without numbers: it survives an update, and tells two kinds apart.
fn browser_of(headers: &HeaderMap) -> [u8; 32] {
    let name = headers
        .get(header::USER_AGENT)
        .map(axum::http::HeaderValue::as_bytes)
        .unwrap_or_default();
    let letters: Vec<_> = name
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .copied()
        .collect();
    sealing::hash(letters)
}
