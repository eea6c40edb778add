//! How a platform comes to be known: by dynamic registration, or by hand.
//!
//! Dynamic registration: an admin of the platform opens a one-time address of ours; we read the
//! platform's configuration, tell it who we are, and keep it, pending.
//! <https://www.imsglobal.org/spec/lti-dr/v1p0>

mod configuration;
mod error;
pub mod invite;
pub mod manual;
pub mod store;
mod tool;

use reqwest::{
    Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde_json::Value;
use time::OffsetDateTime;
use url::Url;

pub use self::{
    configuration::PlatformConfiguration,
    error::{CallError, RegistrationError, Step},
    tool::Tool,
};
use self::{invite::InviteState, tool::Accepted};
use super::{
    PlatformId, PlatformStatus,
    client::{PlatformAnswer, PlatformClient},
};
use crate::db::Database;

/// The longest parameter that is looked at, in bytes.
const MAX_PARAMETER_BYTES: usize = 8 * 1024;

/// What the platform's page asks for.
#[derive(Clone)]
pub struct RegistrationRequest {
    invite: String,
    configuration_url: Url,
    token: Option<String>,
}

/// A platform that is to be kept.
#[derive(Clone, Debug)]
pub struct NewPlatform {
    /// What admins call it, 1 to 255 characters.
    pub name: String,
    /// `iss` of its tokens.
    pub issuer: String,
    /// `aud` of its tokens, `iss` of ours.
    pub client_id: String,
    /// OpenID Connect authorization endpoint.
    pub authorization_url: String,
    /// Where access tokens are asked for.
    pub token_url: String,
    /// Where its public keys are.
    pub jwks_url: String,
    /// Audience of our client assertions, when it is not `token_url`.
    pub token_audience: Option<String>,
    /// What it says it is, such as `moodle`.
    pub product: Option<String>,
    /// Whether it may open the course.
    pub status: PlatformStatus,
    /// Where it has installed us, when it is known.
    pub deployment: Option<String>,
}

impl RegistrationRequest {
    /// Reads the query.
    ///
    /// # Errors
    /// [`RegistrationError::Parameter`] names what is missing, doubled or too long.
    pub fn from_pairs(pairs: &[(String, String)]) -> Result<Self, RegistrationError> {
        let find = |name: &'static str| {
            let mut values = pairs.iter().filter(|(key, _)| key == name);
            let value = values.next().map(|(_, value)| value.as_str());
            let is_sound = values.next().is_none()
                && value.is_none_or(|value| value.len() <= MAX_PARAMETER_BYTES);
            if is_sound {
                Ok(value.filter(|value| !value.is_empty()))
            } else {
                Err(RegistrationError::Parameter(name))
            }
        };
        let require = |name| find(name)?.ok_or(RegistrationError::Parameter(name));
        Ok(Self {
            invite: require("invite")?.to_owned(),
            configuration_url: configuration_url(require("openid_configuration")?)?,
            token: find("registration_token")?.map(str::to_owned),
        })
    }
}

fn configuration_url(text: &str) -> Result<Url, RegistrationError> {
    Url::parse(text).map_err(|_| RegistrationError::Parameter("openid_configuration"))
}

/// Registers us at the platform and the platform with us, pending: somebody approves it later.
///
/// The invitation is used up by a success alone.
///
/// # Errors
/// [`RegistrationError`] names the step that failed; nothing is written then.
pub async fn register(
    client: &PlatformClient,
    db: &Database,
    request: &RegistrationRequest,
    tool: &Tool,
    now: OffsetDateTime,
) -> Result<PlatformId, RegistrationError> {
    check_invite(db, &request.invite, now).await?;
    let configuration = read_configuration(client, &request.configuration_url).await?;
    let accepted = announce(client, &configuration, request.token.as_deref(), tool).await?;
    let platform = NewPlatform {
        name: configuration.name(),
        client_id: accepted.client_id,
        authorization_url: configuration.authorization_endpoint.into(),
        token_url: configuration.token_endpoint.into(),
        jwks_url: configuration.jwks_uri.into(),
        issuer: configuration.issuer,
        token_audience: configuration.token_audience,
        product: configuration.product,
        status: PlatformStatus::Pending,
        deployment: accepted.deployment,
    };
    keep(db, &request.invite, &platform, now).await
}

async fn check_invite(
    db: &Database,
    code: &str,
    now: OffsetDateTime,
) -> Result<(), RegistrationError> {
    let mut conn = db.acquire().await?;
    let state = store::find_invite_state(&mut conn, code, now).await?;
    conn.keep().await?;
    match state {
        InviteState::Open => Ok(()),
        other => Err(RegistrationError::Invite(other)),
    }
}

async fn read_configuration(
    client: &PlatformClient,
    url: &Url,
) -> Result<PlatformConfiguration, RegistrationError> {
    let step = Step::Configuration;
    let accept = (ACCEPT, HeaderValue::from_static("application/json"));
    let answer = client
        .get(url.clone(), HeaderMap::from_iter([accept]))
        .await;
    let answer = answer.map_err(|error| RegistrationError::Call(step, error.into()))?;
    let body = success(step, &answer)?;
    PlatformConfiguration::read(&body, url, client)
}

/// Tells the platform who we are. The token goes to its registration endpoint and nowhere else.
async fn announce(
    client: &PlatformClient,
    configuration: &PlatformConfiguration,
    token: Option<&str>,
    tool: &Tool,
) -> Result<Accepted, RegistrationError> {
    let step = Step::Announcement;
    let json = HeaderValue::from_static("application/json");
    let mut headers = HeaderMap::from_iter([(ACCEPT, json.clone()), (CONTENT_TYPE, json)]);
    if let Some(token) = token {
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| RegistrationError::Parameter("registration_token"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let url = configuration.registration_endpoint.clone();
    let body = tool.registration().to_string().into_bytes();
    let answer = client.send(Method::POST, url, headers, body).await;
    let answer = answer.map_err(|error| RegistrationError::Call(step, error.into()))?;
    Accepted::from_json(&success(step, &answer)?)
}

/// The JSON of an answer that says yes.
fn success(step: Step, answer: &PlatformAnswer) -> Result<Value, RegistrationError> {
    let json = serde_json::from_slice(&answer.body);
    let error = match (answer.status.is_success(), json) {
        (true, Ok(json)) => return Ok(json),
        (true, Err(_)) => CallError::NoJson,
        (false, json) => CallError::Status(
            answer.status.as_u16(),
            json.ok().as_ref().and_then(error::said),
        ),
    };
    Err(RegistrationError::Call(step, error))
}

/// Writes the platform and uses the invitation up, together or not at all.
async fn keep(
    db: &Database,
    code: &str,
    platform: &NewPlatform,
    now: OffsetDateTime,
) -> Result<PlatformId, RegistrationError> {
    let mut transaction = db.begin().await?;
    if !store::mark_invite_used(&mut transaction, code, now).await? {
        return Err(RegistrationError::Invite(InviteState::Used));
    }
    let Some(id) = store::insert_platform(&mut transaction, platform).await? else {
        return Err(RegistrationError::AlreadyRegistered);
    };
    if let Some(deployment) = &platform.deployment {
        store::insert_approved_deployment(&mut transaction, id, deployment).await?;
    }
    transaction.commit().await?;
    Ok(id)
}
