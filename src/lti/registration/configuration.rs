//! What a platform says of itself: its addresses, each checked before it is used.
//!
//! OpenID Connect Discovery, as <https://www.imsglobal.org/spec/lti-dr/v1p0> narrows it.

use serde_json::Value;
use url::Url;

use super::{CallError, RegistrationError, Step};
use crate::lti::client::PlatformClient;

const LTI_CONFIGURATION: &str = "https://purl.imsglobal.org/spec/lti-platform-configuration";

/// The longest issuer and audience that are kept, in characters.
const MAX_ADDRESS_CHARACTERS: usize = 2000;

/// The configuration of a platform.
#[derive(Clone, Debug)]
pub struct PlatformConfiguration {
    /// `iss` of its tokens, byte for byte.
    pub issuer: String,
    /// Where a login is sent to.
    pub authorization_endpoint: Url,
    /// Where access tokens are asked for.
    pub token_endpoint: Url,
    /// Where its public keys are.
    pub jwks_uri: Url,
    /// Where tools register.
    pub registration_endpoint: Url,
    /// Audience of client assertions, when it is not the token endpoint.
    pub token_audience: Option<String>,
    /// What it says it is, such as `moodle`.
    pub product: Option<String>,
}

impl PlatformConfiguration {
    /// Reads the configuration that stood at `from`; `client` tells which addresses may be asked.
    ///
    /// # Errors
    /// Names the field that is missing, foreign, or on an address that may not be asked.
    pub fn read(
        body: &Value,
        from: &Url,
        client: &PlatformClient,
    ) -> Result<Self, RegistrationError> {
        let issuer = text(body, "issuer").ok_or(malformed("issuer"))?;
        let issuer_url = Url::parse(issuer).map_err(|_| malformed("issuer"))?;
        if issuer_url.host() != from.host() {
            return Err(RegistrationError::ForeignIssuer);
        }
        let address = |name: &'static str| {
            let url = text(body, name).and_then(|text| Url::parse(text).ok());
            let url = url.ok_or(malformed(name))?;
            client
                .check(&url)
                .map_err(|error| RegistrationError::Endpoint(name, error))?;
            Ok::<_, RegistrationError>(url)
        };
        address("issuer")?;
        Ok(Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: address("authorization_endpoint")?,
            token_endpoint: address("token_endpoint")?,
            jwks_uri: address("jwks_uri")?,
            registration_endpoint: address("registration_endpoint")?,
            token_audience: text(body, "authorization_server").map(str::to_owned),
            product: body
                .get(LTI_CONFIGURATION)
                .and_then(|configuration| text(configuration, "product_family_code"))
                .map(|product| product.chars().take(255).collect()),
        })
    }

    /// What to call it until an admin finds a better name: its host.
    pub(super) fn name(&self) -> String {
        let host = Url::parse(&self.issuer).ok();
        let host = host.as_ref().and_then(Url::host_str).unwrap_or("?");
        host.chars().take(255).collect()
    }
}

fn malformed(field: &'static str) -> RegistrationError {
    RegistrationError::Call(Step::Configuration, CallError::Field(field))
}

/// A text that holds something and can be kept.
fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    let text = body.get(name)?.as_str()?;
    let is_sound = !text.is_empty()
        && text.chars().count() <= MAX_ADDRESS_CHARACTERS
        && !text.contains(char::is_control);
    is_sound.then_some(text)
}
