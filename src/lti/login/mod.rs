//! The first step of a launch: the platform announces somebody, we send the browser back to it.
//!
//! OpenID Connect third-party initiated login, as the 1EdTech security framework asks for it:
//! <https://www.imsglobal.org/spec/security/v1p1#step-1-third-party-initiated-login>.

pub mod store;

use time::{Duration, OffsetDateTime};
use url::Url;

use super::{Platform, PlatformId};
use crate::sealing;

/// A login that is not followed by a launch is over after this long.
pub const LIFETIME: Duration = Duration::minutes(10);

/// The longest parameter that is passed on, in bytes.
const MAX_PARAMETER_BYTES: usize = 8 * 1024;

/// What a platform sends to begin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LoginRequest {
    /// Who announces.
    pub issuer: String,
    /// Whom, in words of the platform; given back unchanged.
    pub login_hint: String,
    /// What is to be opened.
    pub target_link_uri: String,
    /// Which registration.
    pub client_id: Option<String>,
    /// Further words of the platform, given back unchanged.
    pub message_hint: Option<String>,
    /// Which deployment, when it is told this early.
    pub deployment: Option<String>,
}

/// Why a login does not begin.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// A parameter that must be there is not, or is empty.
    #[error("the parameter {0} is missing")]
    ParameterMissing(&'static str),
    /// A parameter stands there twice.
    #[error("the parameter {0} stands there twice")]
    ParameterDoubled(&'static str),
    /// A parameter is too long.
    #[error("the parameter {0} is too long")]
    ParameterTooLong(&'static str),
    /// A parameter that is compared or kept holds a control character.
    #[error("the parameter {0} holds a control character")]
    ParameterMalformed(&'static str),
    /// `target_link_uri` is none of our addresses.
    #[error("target_link_uri is not an address of this site")]
    ForeignTarget,
    /// Nobody registered this issuer and client id.
    #[error("the platform is not registered")]
    UnknownPlatform,
    /// Several registrations of one issuer, and no client id to tell which.
    #[error("client_id is missing and the issuer has several registrations")]
    AmbiguousPlatform,
    /// Registered, but pending or suspended.
    #[error("the platform is not approved")]
    InactivePlatform,
    /// More logins than can be serious.
    #[error("too many logins of this platform")]
    TooMany,
}

/// A login under way, as it is kept.
#[derive(Clone, Debug)]
pub struct Login {
    /// Whose it is.
    pub platform: PlatformId,
    /// SHA-256 of the nonce.
    pub nonce_hash: Vec<u8>,
    /// SHA-256 of the cookie that was set.
    pub cookie_hash: Vec<u8>,
    /// The deployment told at login.
    pub deployment_hint: Option<String>,
    /// When it began, UTC.
    pub created_at: OffsetDateTime,
    /// When it is over, UTC.
    pub expires_at: OffsetDateTime,
    /// What became of it.
    pub consumption: Option<Consumption>,
}

/// The launch that a login led to.
#[derive(Clone, Debug)]
pub struct Consumption {
    /// When, UTC.
    pub at: OffsetDateTime,
    /// SHA-256 of its token.
    pub token_hash: Vec<u8>,
    /// Whether it brought the cookie.
    pub is_cookie_bound: bool,
}

/// Three secrets of a login: two travel through the platform, one stays with the browser.
#[derive(Clone, Debug)]
pub struct LoginSecrets {
    /// Names the login.
    pub state: String,
    /// Must come back inside the token.
    pub nonce: String,
    /// Must come back with the browser, when it keeps cookies.
    pub cookie: String,
}

impl LoginRequest {
    /// Reads the parameters of query and body together.
    ///
    /// # Errors
    /// Names the parameter that is missing, doubled, too long or malformed.
    pub fn from_pairs(pairs: &[(String, String)]) -> Result<Self, LoginError> {
        let find = |name: &'static str| {
            let mut values = pairs.iter().filter(|(key, _)| key == name);
            let value = values.next().map(|(_, value)| value.clone());
            match value {
                _ if values.next().is_some() => Err(LoginError::ParameterDoubled(name)),
                Some(value) if value.len() > MAX_PARAMETER_BYTES => {
                    Err(LoginError::ParameterTooLong(name))
                }
                value => Ok(value.filter(|value| !value.is_empty())),
            }
        };
        // The hints are given back as they came; what is compared or kept is text.
        let find_text = |name| match find(name)? {
            Some(text) if text.contains(char::is_control) => {
                Err(LoginError::ParameterMalformed(name))
            }
            text => Ok(text),
        };
        let missing = |name| move || LoginError::ParameterMissing(name);
        Ok(Self {
            issuer: find_text("iss")?.ok_or_else(missing("iss"))?,
            login_hint: find("login_hint")?.ok_or_else(missing("login_hint"))?,
            target_link_uri: find_text("target_link_uri")?
                .ok_or_else(missing("target_link_uri"))?,
            client_id: find_text("client_id")?,
            message_hint: find("lti_message_hint")?,
            deployment: find_text("lti_deployment_id")?,
        })
    }

    /// Refuses a target that is not on this site.
    ///
    /// # Errors
    /// [`LoginError::ForeignTarget`].
    pub fn check_target(&self, site: &Url) -> Result<(), LoginError> {
        match Url::parse(&self.target_link_uri) {
            Ok(target) if target.origin() == site.origin() => Ok(()),
            _ => Err(LoginError::ForeignTarget),
        }
    }
}

impl LoginSecrets {
    /// Three values of 256 random bits.
    ///
    /// # Errors
    /// When the operating system has no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        Ok(Self {
            state: sealing::random_text()?,
            nonce: sealing::random_text()?,
            cookie: sealing::random_text()?,
        })
    }
}

/// Chooses among the platforms of one issuer.
///
/// # Errors
/// When none fits, when several do, or when the one that does is not approved.
pub fn choose_platform(platforms: Vec<Platform>) -> Result<Platform, LoginError> {
    let mut platforms = platforms.into_iter();
    let platform = platforms.next().ok_or(LoginError::UnknownPlatform)?;
    if platforms.next().is_some() {
        return Err(LoginError::AmbiguousPlatform);
    }
    if platform.is_approved() {
        Ok(platform)
    } else {
        Err(LoginError::InactivePlatform)
    }
}

/// Where the browser is sent to: the platform's authorization endpoint, our questions added.
///
/// # Errors
/// When the registered address is none.
pub fn authorization_address(
    platform: &Platform,
    request: &LoginRequest,
    secrets: &LoginSecrets,
    redirect_uri: &str,
) -> Result<Url, url::ParseError> {
    let mut address = Url::parse(&platform.authorization_url)?;
    {
        let mut pairs = address.query_pairs_mut();
        pairs
            .append_pair("scope", "openid")
            .append_pair("response_type", "id_token")
            .append_pair("response_mode", "form_post")
            .append_pair("prompt", "none")
            .append_pair("client_id", &platform.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("login_hint", &request.login_hint)
            .append_pair("state", &secrets.state)
            .append_pair("nonce", &secrets.nonce);
        if let Some(hint) = &request.message_hint {
            pairs.append_pair("lti_message_hint", hint);
        }
    }
    Ok(address)
}
