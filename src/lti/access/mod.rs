//! Access tokens: what a platform wants to see before it lets us at its services.
//!
//! One token per platform and set of scopes, kept until shortly before it ends, asked for once by
//! all who wait for it. `request.rs` is what is sent and what may come back, all of it pure.
//! <https://www.imsglobal.org/spec/security/v1p1#using-json-web-tokens-with-oauth-2-0-client-credentials-grant>

mod request;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use time::{Duration, OffsetDateTime};
use url::Url;

use super::{
    Platform, PlatformId,
    client::{ClientError, PlatformClient},
    keys::{self, KeyError},
};
use crate::{clock::Clock, config::Secret, db::Database, sealing};

/// A token is not used any more when it has less than this to live.
const MARGIN: Duration = Duration::seconds(60);

/// A right that a platform may grant.
pub mod scope {
    /// To send scores.
    pub const SCORE: &str = "https://purl.imsglobal.org/spec/lti-ags/scope/score";
    /// To read results.
    pub const RESULTS: &str = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly";
    /// To read class lists.
    pub const ROSTER: &str =
        "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly";
}

/// A token that a platform gave.
#[derive(Clone, Eq, PartialEq)]
pub struct AccessToken {
    text: String,
    granted: BTreeSet<String>,
    expires_at: OffsetDateTime,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The platform does not answer, or may not be asked.
    #[error("token_url: {0}")]
    Client(#[from] ClientError),
    /// Our own key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The assertion cannot be signed.
    #[error("the client assertion cannot be signed")]
    Signature(#[from] jsonwebtoken::errors::Error),
    /// No random bytes.
    #[error("no random bytes")]
    Random(#[from] getrandom::Error),
    /// The registered address is none.
    #[error("token_url is no address")]
    Address,
    /// The platform refuses, in words of RFC 6749, section 5.2.
    #[error("the platform gives no access token: status {status}, {code}")]
    Refused {
        /// Status of the answer.
        status: u16,
        /// `error` of the answer.
        code: String,
    },
    /// The answer is none of the protocol.
    #[error(
        "the platform gives no access token: status {0}, and an answer that is not JSON; \
         it may be that it cannot read our key set (/.well-known/jwks.json)"
    )]
    NotJson(u16),
    /// A token of a kind that we cannot use.
    #[error("the platform gives a token of another type than bearer")]
    TokenType,
}

/// The tokens of all platforms.
#[derive(Clone, Debug)]
pub struct AccessTokens {
    client: PlatformClient,
    clock: Clock,
    db: Database,
    secret: Secret,
    entries: Arc<Mutex<HashMap<(PlatformId, String), Entry>>>,
}

/// One platform's token for some scopes; its lock is held while it is asked for, so that others
/// wait for it.
type Entry = Arc<tokio::sync::Mutex<Option<AccessToken>>>;

impl AccessToken {
    /// The value of the header `Authorization`.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.text)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Whether the platform granted this right.
    pub fn grants(&self, scope: &str) -> bool {
        self.granted.contains(scope)
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessToken(until {})", self.expires_at)
    }
}

impl AccessTokens {
    /// None yet; assertions are signed by the key that `db` and `secret` hold.
    pub fn new(client: PlatformClient, clock: Clock, db: Database, secret: Secret) -> Self {
        Self {
            client,
            clock,
            db,
            secret,
            entries: Arc::default(),
        }
    }

    /// A token for these scopes, asked for when none is at hand.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn find(
        &self,
        platform: &Platform,
        scopes: &[&str],
    ) -> Result<AccessToken, AccessError> {
        let entry = self.entry(platform.id, scopes);
        let mut kept = entry.lock().await;
        let now = self.clock.now();
        if let Some(token) = &*kept
            && now < token.expires_at - MARGIN
        {
            return Ok(token.clone());
        }
        *kept = None;
        let token = self.ask(platform, scopes, now).await?;
        *kept = Some(token.clone());
        Ok(token)
    }

    /// Forgets a token that the platform does not take any more, unless another one has replaced
    /// it already.
    pub async fn forget(&self, platform: PlatformId, scopes: &[&str], token: &AccessToken) {
        let entry = self.entry(platform, scopes);
        let mut kept = entry.lock().await;
        if kept.as_ref() == Some(token) {
            *kept = None;
        }
    }

    fn entry(&self, platform: PlatformId, scopes: &[&str]) -> Entry {
        let mut entries = self
            .entries
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let key = (platform, request::joined(scopes));
        entries.entry(key).or_default().clone()
    }

    async fn ask(
        &self,
        platform: &Platform,
        scopes: &[&str],
        now: OffsetDateTime,
    ) -> Result<AccessToken, AccessError> {
        let url = Url::parse(&platform.token_url).map_err(|_| AccessError::Address)?;
        let key = keys::signing_key(&self.db, &self.secret, now).await?;
        let assertion = key.sign(&request::assertion(platform, sealing::random()?, now))?;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let answer = self
            .client
            .send(
                Method::POST,
                url,
                HeaderMap::from_iter([(CONTENT_TYPE, form)]),
                request::body(&assertion, scopes).into_bytes(),
            )
            .await?;
        request::read(&answer, scopes, now)
    }
}
