//! Why a registration fails, and at which step.

use serde_json::Value;

use super::invite::InviteState;
use crate::lti::client::ClientError;

/// The longest word of a platform that is repeated, in characters.
const MAX_SAID_CHARACTERS: usize = 200;

/// A step at which the platform is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Its configuration is read.
    Configuration,
    /// It is told who we are.
    Announcement,
}

/// Why a platform did not answer as it should.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It was not asked, or did not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It answered with this status, and perhaps said why.
    #[error("the platform answered with status {0}")]
    Status(u16, Option<String>),
    /// Its answer is no JSON.
    #[error("the answer is no JSON")]
    NoJson,
    /// This field of its answer is missing or of the wrong kind.
    #[error("the field {0} of the answer is missing or ill-formed")]
    Field(&'static str),
}

/// Why a platform is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// This parameter of the address is missing, doubled or ill-formed.
    #[error("the parameter {0} is missing, doubled or ill-formed")]
    Parameter(&'static str),
    /// The invitation opens nothing, or no more.
    #[error("the invitation is {0:?}")]
    Invite(InviteState),
    /// The platform was asked at this step.
    #[error("the step “{0:?}” failed")]
    Call(Step, #[source] CallError),
    /// The issuer lives on another host than the configuration.
    #[error("the issuer lives on another host than its configuration")]
    ForeignIssuer,
    /// This address of the configuration may not be asked.
    #[error("the address {0} is refused")]
    Endpoint(&'static str, #[source] ClientError),
    /// Issuer and client id are known here; nothing was changed.
    #[error("the platform is already registered")]
    AlreadyRegistered,
    /// The database cannot be read or written.
    #[error("the registration cannot be written")]
    Database(#[from] sqlx::Error),
}

/// What the body of a refusal says, as OAuth 2.0 and Moodle write it: cut, and without control
/// characters.
pub(super) fn said(body: &Value) -> Option<String> {
    let text = ["error_description", "message", "error"]
        .iter()
        .find_map(|name| body.get(name)?.as_str())?;
    let text: String = text
        .trim()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(MAX_SAID_CHARACTERS)
        .collect();
    (!text.is_empty()).then_some(text)
}
