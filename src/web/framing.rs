//! Who may hold our pages in a frame: the approved platforms, and the origins named for signed
//! tokens. Kept for a second, so that an approval shows at once and a page costs no query.

use std::sync::{Arc, Mutex};

use axum::http::HeaderValue;
use time::{Duration, OffsetDateTime};

use crate::{config::Config, db::Database, lti};

/// How long an answer is believed.
const REMEMBERED: Duration = Duration::seconds(1);

/// What stands before the frame ancestors: no foreign script, style or picture.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    font-src 'self'; connect-src 'self'; base-uri 'none'";

/// What stands for no origin at all.
const NOBODY: &str = "'none'";

/// The policy of pages, as it was read last.
#[derive(Clone, Debug, Default)]
pub struct Framing(Arc<Mutex<Option<Remembered>>>);

/// What one page may do and the others may not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Exception<'a> {
    /// Where its forms post to, besides this site.
    pub(crate) form_target: Option<&'a str>,
    /// An origin whose pages may hold it in a frame.
    pub(crate) ancestor: Option<&'a str>,
}

#[derive(Clone, Debug)]
struct Remembered {
    ancestors: Arc<str>,
    policy: HeaderValue,
    read_at: OffsetDateTime,
}

impl Framing {
    /// The Content-Security-Policy of a page; its forms post to this site, and to the target that
    /// `exception` names; its frame may stand where all pages may, and where `exception` says.
    ///
    /// Without the database the last answer stands.
    pub(crate) async fn policy(
        &self,
        config: &Config,
        db: &Database,
        now: OffsetDateTime,
        exception: Exception<'_>,
    ) -> HeaderValue {
        let known = self.remembered();
        let current = match known {
            Some(known) if now - known.read_at < REMEMBERED => known,
            known => self.read(config, db, now, known).await,
        };
        match (exception.ancestor, exception.form_target) {
            (None, None) => current.policy,
            (None, form_target) => policy(&current.ancestors, form_target),
            (Some(origin), form_target) => policy(&with(&current.ancestors, origin), form_target),
        }
    }

    async fn read(
        &self,
        config: &Config,
        db: &Database,
        now: OffsetDateTime,
        known: Option<Remembered>,
    ) -> Remembered {
        // Those who come meanwhile use what was known.
        if let Some(known) = &known {
            self.remember(Remembered {
                read_at: now,
                ..known.clone()
            });
        }
        let ancestors = match (platform_origins(db).await, known) {
            (Err(_), Some(known)) => known.ancestors,
            (found, _) => ancestors(config, found.unwrap_or_default()),
        };
        let fresh = Remembered {
            policy: policy(&ancestors, None),
            ancestors,
            read_at: now,
        };
        self.remember(fresh.clone());
        fresh
    }

    fn remembered(&self) -> Option<Remembered> {
        self.0.lock().ok()?.clone()
    }

    fn remember(&self, value: Remembered) {
        if let Ok(mut slot) = self.0.lock() {
            *slot = Some(value);
        }
    }
}

async fn platform_origins(db: &Database) -> sqlx::Result<Vec<String>> {
    let mut conn = db.acquire().await?;
    let platforms = lti::store::list_platforms(&mut conn).await?;
    conn.keep();
    let approved = platforms.iter().filter(|platform| platform.is_approved());
    Ok(approved.flat_map(lti::Platform::origins).collect())
}

fn ancestors(config: &Config, mut origins: Vec<String>) -> Arc<str> {
    origins.extend(config.embed_origins.iter().cloned());
    origins.sort_unstable();
    origins.dedup();
    if origins.is_empty() {
        NOBODY.into()
    } else {
        origins.join(" ").into()
    }
}

/// One more origin.
fn with(ancestors: &str, origin: &str) -> String {
    if ancestors == NOBODY {
        origin.to_owned()
    } else {
        format!("{ancestors} {origin}")
    }
}

fn policy(ancestors: &str, form_target: Option<&str>) -> HeaderValue {
    let target = form_target.unwrap_or_default();
    let text = format!("{POLICY}; form-action 'self' {target}; frame-ancestors {ancestors}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(
        "default-src 'none'; frame-ancestors 'none'",
    ))
}
