//! Why a launch is refused: the check that failed, as a fact.

use crate::lti::key_set::KeySetError;

/// The check that a launch failed.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The form holds no state.
    #[error("state is missing")]
    StateMissing,
    /// The form holds neither token nor error.
    #[error("id_token is missing")]
    TokenMissing,
    /// No login of ours has this state.
    #[error("state is unknown")]
    StateUnknown,
    /// Its login is over.
    #[error("state has expired")]
    StateExpired,
    /// The login led to a launch already.
    #[error("state was used before")]
    Replay,
    /// The browser brings the cookie of another login.
    #[error("the cookie is not the one set at login")]
    CookieMismatch,
    /// No cookie, and the form was not posted by the platform.
    #[error("no cookie, and the origin is not the platform's")]
    ForeignOrigin,
    /// Not three parts of base64url that hold JSON objects.
    #[error("the token is ill-formed")]
    TokenMalformed,
    /// Longer than is looked at.
    #[error("the token is too long")]
    TokenTooLong,
    /// Not RS256, or a header that demands what we do not know.
    #[error("the token is not signed by RS256, or its header asks for more than we know")]
    Algorithm,
    /// The header names no key.
    #[error("the token names no key")]
    KeyMissing,
    /// The platform publishes no such key that may sign.
    #[error("the platform publishes no such key")]
    KeyUnknown,
    /// Its keys could not be read, and none is remembered.
    #[error("the keys of the platform cannot be read")]
    KeysUnavailable(#[source] Option<KeySetError>),
    /// The signature is not the platform's.
    #[error("the signature does not verify")]
    Signature,
    /// A claim that must be there is not.
    #[error("the claim {0} is missing")]
    ClaimMissing(&'static str),
    /// A claim is of a wrong type, empty or too long.
    #[error("the claim {0} is malformed")]
    ClaimMalformed(&'static str),
    /// `iss` is not the platform's.
    #[error("iss is not the platform of this login")]
    Issuer,
    /// `aud` or `azp` is not us.
    #[error("aud or azp is not our client id")]
    Audience,
    /// `exp` is over.
    #[error("the token has expired")]
    Expired,
    /// `iat` or `nbf` is in the future.
    #[error("the token is from the future; is a clock wrong?")]
    FromTheFuture,
    /// `iat` is before the login.
    #[error("the token is older than its login")]
    OlderThanLogin,
    /// `nonce` is not the one of this login.
    #[error("nonce is not the one of this login")]
    Nonce,
    /// The token names nobody.
    #[error("the token names nobody")]
    Anonymous,
    /// Not LTI 1.3.
    #[error("version is not 1.3.0")]
    Version,
    /// A message that we do not take.
    #[error("the message type is not supported")]
    MessageType,
    /// `deployment_id` is not the one told at login.
    #[error("deployment_id differs from the login's")]
    DeploymentMismatch,
    /// The deployment waits for an admin.
    #[error("the deployment is not approved")]
    DeploymentPending,
    /// The platform was suspended since the login.
    #[error("the platform is not approved")]
    PlatformInactive,
    /// `target_link_uri` is none of our addresses.
    #[error("target_link_uri is not an address of this site")]
    ForeignTarget,
    /// The parameter names a part that the course has not.
    #[error("the course has no such part")]
    UnknownScope {
        /// Kind and id as they were asked for, for teachers only.
        asked: Option<String>,
    },
    /// The way back of a deep linking dialog is not the platform's.
    #[error("deep_link_return_url is not on the platform")]
    ForeignReturn,
    /// Only teachers place activities.
    #[error("the role may not place activities")]
    RoleTooLow,
    /// The platform answered the login with this error of its own.
    #[error("the platform answered with the error {0}")]
    Platform(&'static str),
}

/// Errors that a platform may answer a login with (RFC 6749, section 4.1.2.1, and OpenID Connect
/// core, section 3.1.2.6).
const PLATFORM_ERRORS: [&str; 15] = [
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "invalid_client",
    "invalid_request",
    "invalid_request_object",
    "invalid_request_uri",
    "invalid_scope",
    "login_required",
    "registration_not_supported",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_response_type",
];

impl LaunchError {
    /// What a platform answered to a login, by the name of one of the known errors: what it posts
    /// is repeated nowhere.
    pub fn from_platform(error: &str) -> Self {
        let known = PLATFORM_ERRORS.into_iter().find(|known| *known == error);
        Self::Platform(known.unwrap_or("other"))
    }

    /// A stable name of the check, which people can forward.
    pub fn code(&self) -> String {
        let code = match self {
            Self::StateMissing => "state-missing",
            Self::TokenMissing => "token-missing",
            Self::StateUnknown => "state-unknown",
            Self::StateExpired => "state-expired",
            Self::Replay => "replay",
            Self::CookieMismatch => "cookie-mismatch",
            Self::ForeignOrigin => "foreign-origin",
            Self::TokenMalformed => "token-malformed",
            Self::TokenTooLong => "token-too-long",
            Self::Algorithm => "algorithm",
            Self::KeyMissing => "key-missing",
            Self::KeyUnknown => "key-unknown",
            Self::KeysUnavailable(_) => "keys-unavailable",
            Self::Signature => "signature",
            Self::ClaimMissing(name) => return format!("claim-missing:{name}"),
            Self::ClaimMalformed(name) => return format!("claim-malformed:{name}"),
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::FromTheFuture => "from-the-future",
            Self::OlderThanLogin => "older-than-login",
            Self::Nonce => "nonce",
            Self::Anonymous => "anonymous",
            Self::Version => "version",
            Self::MessageType => "message-type",
            Self::DeploymentMismatch => "deployment-mismatch",
            Self::DeploymentPending => "deployment-pending",
            Self::PlatformInactive => "platform-inactive",
            Self::ForeignTarget => "foreign-target",
            Self::UnknownScope { .. } => "unknown-scope",
            Self::ForeignReturn => "foreign-return",
            Self::RoleTooLow => "role-too-low",
            Self::Platform(error) => return format!("platform-error:{error}"),
        };
        code.to_owned()
    }
}
