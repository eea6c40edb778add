//! Who may hold our pages in a frame: the approved platforms, and the origins named for signed
//! tokens. Remembered for a second, so that a page costs no query; who comes from a platform that
//! was approved within it has the answer read anew.

use std::sync::Arc;

use axum::http::HeaderValue;
use time::OffsetDateTime;

use super::remembered::Remembered;
use crate::{config::Config, db::Database, lti};

/// What stands before the frame ancestors: no foreign script, style or picture.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    font-src 'self'; connect-src 'self'; base-uri 'none'";

/// What stands for no origin at all.
const NOBODY: &str = "'none'";

/// The policy of pages, as it was read last.
#[derive(Debug, Default)]
pub struct Framing(Remembered<Allowed>);

/// What one page may do and the others may not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Exception<'a> {
    /// Where its forms post to, besides this site.
    pub(crate) form_target: Option<&'a str>,
    /// An origin whose pages may hold it in a frame.
    pub(crate) ancestor: Option<&'a str>,
}

#[derive(Clone, Debug)]
struct Allowed {
    ancestors: Arc<str>,
    policy: HeaderValue,
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
        let read = async || Ok(Allowed::new(config, platform_origins(db).await?));
        let allowed = self.0.get(now, read).await;
        let allowed = allowed.unwrap_or_else(|| Allowed::new(config, Vec::new()));
        match (exception.ancestor, exception.form_target) {
            (None, None) => allowed.policy,
            (None, form_target) => policy(&allowed.ancestors, form_target),
            (Some(origin), form_target) => policy(&with(&allowed.ancestors, origin), form_target),
        }
    }

    /// Somebody comes from this approved platform, whose pages will hold the next page.
    pub(crate) fn expect(&self, platform: &lti::Platform) {
        self.0
            .doubt(|known| platform.origins().all(|origin| known.has(&origin)));
    }
}

impl Allowed {
    fn new(config: &Config, platforms: Vec<String>) -> Self {
        let ancestors = ancestors(config, platforms);
        Self {
            policy: policy(&ancestors, None),
            ancestors,
        }
    }

    fn has(&self, origin: &str) -> bool {
        self.ancestors.split(' ').any(|known| known == origin)
    }
}

async fn platform_origins(db: &Database) -> sqlx::Result<Vec<String>> {
    let mut conn = db.acquire().await?;
    let platforms = lti::store::list_platforms(&mut conn).await?;
    conn.keep().await?;
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
