//! Calls of a platform's services, with an access token: gradebook and class list use this.
//!
//! `pages.rs` walks through lists, `failure.rs` says what a refusal means for the job behind it.

mod failure;
mod pages;

use reqwest::{
    Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use time::OffsetDateTime;
use url::Url;

use super::{
    Platform,
    access::{AccessError, AccessToken, AccessTokens},
    client::{ClientError, PlatformAnswer, PlatformClient},
};

use crate::clock::Clock;

pub use failure::{Failure, Refusal, RefusalReason};
pub(super) use failure::{judge, refusal};
pub(super) use pages::{MAX_PAGES, walk};

/// Calls services.
#[derive(Clone, Debug)]
pub struct Services {
    client: PlatformClient,
    tokens: AccessTokens,
    clock: Clock,
}

/// One call.
#[derive(Clone, Debug)]
pub struct ServiceRequest<'a> {
    /// `GET` or `POST`.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// The rights that the token is asked for.
    pub scopes: &'a [&'a str],
    /// The one of them that this call needs.
    pub needs: &'a str,
    /// Media type of what comes back, or of what is posted.
    pub media_type: &'static str,
    /// What is posted.
    pub body: Vec<u8>,
}

/// Why there is no answer to a call.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The address is on a host that is not the platform's.
    #[error("the service is on a host that is not the platform's")]
    ForeignAddress,
    /// No token.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The token does not hold the right.
    #[error("the platform grants no right to do this")]
    NotGranted,
    /// No answer.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl Services {
    /// Calls by `client`, with tokens of `tokens`.
    pub fn new(client: PlatformClient, tokens: AccessTokens, clock: Clock) -> Self {
        Self {
            client,
            tokens,
            clock,
        }
    }

    /// The present moment, UTC.
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Calls a service. A token that the platform does not take is replaced once.
    ///
    /// # Errors
    /// [`ServiceError`]; a refusal by the platform is an answer, not an error.
    pub async fn call(
        &self,
        platform: &Platform,
        request: &ServiceRequest<'_>,
    ) -> Result<PlatformAnswer, ServiceError> {
        if !platform.owns(&request.url) {
            return Err(ServiceError::ForeignAddress);
        }
        let token = self.tokens.find(platform, request.scopes).await?;
        let answer = self.send(request, &token).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        self.tokens
            .forget(platform.id, request.scopes, &token)
            .await;
        let token = self.tokens.find(platform, request.scopes).await?;
        self.send(request, &token).await
    }

    async fn send(
        &self,
        request: &ServiceRequest<'_>,
        token: &AccessToken,
    ) -> Result<PlatformAnswer, ServiceError> {
        if !token.grants(request.needs) {
            return Err(ServiceError::NotGranted);
        }
        let authorization = token.authorization().ok_or(AccessError::TokenType)?;
        let media_type = HeaderValue::from_static(request.media_type);
        let kind = if request.method == Method::GET {
            ACCEPT
        } else {
            CONTENT_TYPE
        };
        let headers = HeaderMap::from_iter([(AUTHORIZATION, authorization), (kind, media_type)]);
        let (method, url) = (request.method.clone(), request.url.clone());
        Ok(self
            .client
            .send(method, url, headers, request.body.clone())
            .await?)
    }
}
