//! A Moodle that the site does not know yet: its configuration and its registration, as Moodle 4.5 was seen
//! to answer. Its launches are those of [`FakePlatform`].

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use mini_site::lti::registration::invite;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::FakePlatform;
use crate::support::TestSite;

const TOOL_CONFIGURATION: &str = "https://purl.imsglobal.org/spec/lti-tool-configuration";

/// A platform that waits for a registration.
pub(crate) struct Registrar {
    /// What it becomes once it is registered and approved.
    pub(crate) platform: FakePlatform,
    /// Origin of the pages of its admins.
    pub(crate) origin: String,
    shared: Shared,
}

type Shared = Arc<Mutex<Answers>>;

struct Answers {
    configuration: Value,
    registration: Option<(StatusCode, Value)>,
    client_id: String,
    seen: Vec<Seen>,
}

/// A request that the platform got.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: &'static str,
    pub(crate) authorization: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Value,
}

impl Registrar {
    /// Starts it.
    pub(crate) async fn start(site: &TestSite) -> Self {
        let platform = FakePlatform::start_unregistered(site, "kG4jk5yFWqXDbDl").await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Mutex::new(Answers {
            configuration: configuration(&platform.issuer, &origin),
            registration: None,
            client_id: platform.client_id.clone(),
            seen: Vec::new(),
        }));
        let router = Router::new()
            .route("/openid-configuration", get(tell_configuration))
            .route("/openid-registration.php", post(take_registration))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            platform,
            origin,
            shared,
        }
    }

    /// Changes what it says of itself.
    pub(crate) fn configure(&self, change: impl FnOnce(&mut Value)) {
        change(
            &mut self
                .shared
                .lock()
                .expect("no panic elsewhere")
                .configuration,
        );
    }

    /// Answers registrations so from now on.
    pub(crate) fn answer(&self, status: StatusCode, body: Value) {
        self.shared.lock().expect("no panic elsewhere").registration = Some((status, body));
    }

    /// What it was asked.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.lock().expect("no panic elsewhere").seen.clone()
    }

    /// Where its page opens ours, with a token or without.
    pub(crate) fn address(&self, invite: &str, token: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let configuration = format!("{}/openid-configuration", self.origin);
        query
            .append_pair("invite", invite)
            .append_pair("openid_configuration", &configuration);
        if let Some(token) = token {
            query.append_pair("registration_token", token);
        }
        format!("/lti/registration?{}", query.finish())
    }
}

/// A new invitation of a site.
pub(crate) async fn invite(site: &TestSite) -> String {
    invite::invite(&site.state.db, site.clock.now())
        .await
        .expect("an invitation")
}

async fn tell_configuration(State(shared): State<Shared>, headers: HeaderMap) -> Json<Value> {
    let mut answers = shared.lock().expect("no panic elsewhere");
    answers
        .seen
        .push(Seen::new("/openid-configuration", &headers, &[]));
    Json(answers.configuration.clone())
}

async fn take_registration(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut answers = shared.lock().expect("no panic elsewhere");
    let seen = Seen::new("/openid-registration.php", &headers, &body);
    let (status, body) = answers
        .registration
        .clone()
        .unwrap_or_else(|| (StatusCode::OK, accepted(&answers.client_id, &seen.body)));
    answers.seen.push(seen);
    (status, Json(body)).into_response()
}

impl Seen {
    fn new(path: &'static str, headers: &HeaderMap, body: &[u8]) -> Self {
        let header = |name| {
            let value = headers.get(name)?;
            Some(value.to_str().expect("ASCII").to_owned())
        };
        Self {
            path,
            authorization: header(header::AUTHORIZATION),
            content_type: header(header::CONTENT_TYPE),
            body: serde_json::from_slice(body).unwrap_or(Value::Null),
        }
    }
}

/// What Moodle says of itself; its launches come from `issuer`, its registration is at `origin`.
fn configuration(issuer: &str, origin: &str) -> Value {
    json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/token.php"),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": format!("{issuer}/certs.php"),
        "authorization_endpoint": format!("{issuer}/auth.php"),
        "registration_endpoint": format!("{origin}/openid-registration.php"),
        "scopes_supported": ["https://purl.imsglobal.org/spec/lti-ags/scope/score", "openid"],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        "https://purl.imsglobal.org/spec/lti-platform-configuration": {
            "product_family_code": "moodle",
            "version": "4.5.6 (Build: 20250811)",
            "messages_supported": [
                { "type": "LtiResourceLinkRequest" },
                { "type": "LtiDeepLinkingRequest", "placements": ["ContentArea"] }
            ],
            "variables": ["Context.id", "ResourceLink.id"]
        }
    })
}

/// What Moodle answers to a registration: what it took of it, a client id and a deployment.
fn accepted(client_id: &str, registration: &Value) -> Value {
    let mut answer = registration.clone();
    answer["client_id"] = json!(client_id);
    answer[TOOL_CONFIGURATION]["version"] = json!("1.3.0");
    answer[TOOL_CONFIGURATION]["deployment_id"] = json!("4");
    answer
}
