//! Tells Directus that the schema may have changed: it keeps the schema in memory, and would show
//! neither a new column nor miss a lost one before its next start.

use anyhow::{Context, bail};
use reqwest::{
    Method,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};

use crate::{config::Directus, lti::client::PlatformClient};

/// Asks Directus to read the schema again (`POST /utils/cache/clear?system=true`, an
/// administrator's right).
///
/// # Errors
/// When Directus did not say that it did. The site does not need it: callers warn and go on.
pub(super) async fn tell(directus: &Directus) -> anyhow::Result<()> {
    // The operator's own address, unlike a platform's: it may be on this machine or near it.
    let client = PlatformClient::new(true)?;
    let mut url = directus.url.clone();
    url.path_segments_mut()
        .expect("an http address has segments")
        .pop_if_empty()
        .extend(["utils", "cache", "clear"]);
    url.set_query(Some("system=true"));
    let bearer = [b"Bearer ", directus.token.bytes()].concat();
    let mut bearer = HeaderValue::from_bytes(&bearer).context("DIRECTUS_TOKEN fits no header")?;
    bearer.set_sensitive(true);
    let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
    let answer = client.send(Method::POST, url, headers, Vec::new()).await?;
    if !answer.status.is_success() {
        bail!("it answered {}", answer.status.as_u16());
    }
    Ok(())
}

/// What to do when it was not told.
pub(super) const REMEDY: &str =
    "Directus was not told that the schema may have changed; restart it if it shows old columns";
