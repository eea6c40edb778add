//! What we say of ourselves, and what the platform answers.

use serde_json::{Value, json};

use super::{CallError, RegistrationError, Step};

const TOOL_CONFIGURATION: &str = "https://purl.imsglobal.org/spec/lti-tool-configuration";

/// Services we ask for: gradebook columns, scores and results; class lists.
const SCOPES: [&str; 5] = [
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
];

/// What we ask to be told of people.
const CLAIMS: [&str; 6] = ["iss", "sub", "name", "given_name", "family_name", "email"];

/// The longest identifier that is kept, in characters (LTI 1.3 core, section 5.3).
const MAX_ID_CHARACTERS: usize = 255;

/// This site, as a platform is to know it. Addresses are absolute.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Title of the course.
    pub name: String,
    /// One sentence on it.
    pub description: String,
    /// Host, and port when it is not the usual one.
    pub domain: String,
    /// Where a login begins.
    pub login_url: String,
    /// Where launches are posted to.
    pub launch_url: String,
    /// Where our public keys are.
    pub keys_url: String,
    /// A picture that stays at its address.
    pub logo_url: String,
}

/// What a platform answers once it has accepted us.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Accepted {
    /// What it calls us.
    pub(super) client_id: String,
    /// Where it has installed us, when it tells.
    pub(super) deployment: Option<String>,
}

impl Tool {
    /// The registration that is posted (OpenID Connect Dynamic Client Registration, section 2).
    pub(super) fn registration(&self) -> Value {
        json!({
            "application_type": "web",
            "response_types": ["id_token"],
            "grant_types": ["implicit", "client_credentials"],
            "initiate_login_uri": self.login_url,
            "redirect_uris": [self.launch_url],
            "client_name": self.name,
            "jwks_uri": self.keys_url,
            "token_endpoint_auth_method": "private_key_jwt",
            "logo_uri": self.logo_url,
            "scope": SCOPES.join(" "),
            TOOL_CONFIGURATION: {
                "domain": self.domain,
                "target_link_uri": self.launch_url,
                "description": self.description,
                "claims": CLAIMS,
                "messages": [
                    { "type": "LtiResourceLinkRequest", "target_link_uri": self.launch_url },
                    {
                        "type": "LtiDeepLinkingRequest",
                        "target_link_uri": self.launch_url,
                        "label": "Choisir une partie du cours",
                    },
                ],
            },
        })
    }
}

impl Accepted {
    /// Reads the answer to a registration.
    pub(super) fn from_json(body: &Value) -> Result<Self, RegistrationError> {
        let malformed =
            |field| RegistrationError::Call(Step::Announcement, CallError::Field(field));
        let client_id = body.get("client_id").and_then(identifier);
        let deployment = body
            .get(TOOL_CONFIGURATION)
            .and_then(|configuration| configuration.get("deployment_id"))
            .filter(|value| !value.is_null());
        Ok(Self {
            client_id: client_id.ok_or(malformed("client_id"))?,
            deployment: match deployment {
                None => None,
                Some(value) => Some(identifier(value).ok_or(malformed("deployment_id"))?),
            },
        })
    }
}

/// An identifier of 1 to 255 characters; some platforms write a number.
fn identifier(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let is_sound =
        (1..=MAX_ID_CHARACTERS).contains(&text.chars().count()) && !text.contains(char::is_control);
    is_sound.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(body: &Value) -> Option<Accepted> {
        Accepted::from_json(body).ok()
    }

    #[test]
    fn an_answer_needs_a_client_id_and_may_tell_a_deployment() {
        let body = |client: Value, deployment: Value| json!({ "client_id": client, TOOL_CONFIGURATION: { "deployment_id": deployment } });
        let sound = accepted(&body(json!("kG4"), json!("4"))).expect("a sound answer");
        assert_eq!(sound.client_id, "kG4");
        assert_eq!(sound.deployment.as_deref(), Some("4"));
        let number = accepted(&body(json!("kG4"), json!(4)));
        assert_eq!(number, Some(sound));
        let none = accepted(&body(json!("kG4"), Value::Null)).expect("a sound answer");
        assert_eq!(none.deployment, None);
        for (client, deployment) in [
            (json!(""), json!("4")),
            (Value::Null, json!("4")),
            (json!("a\u{0}"), json!("4")),
            (json!("é".repeat(256)), json!("4")),
            (json!("kG4"), json!("")),
            (json!("kG4"), json!(["4"])),
        ] {
            assert_eq!(accepted(&body(client, deployment)), None);
        }
    }
}
