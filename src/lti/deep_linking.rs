//! What a platform is answered when a teacher has chosen what to place: content items, and the
//! claims around them. All of it pure; the page is `web/lti/deep_linking.rs`.
//!
//! LTI deep linking 2.0: <https://www.imsglobal.org/spec/lti-dl/v2p0>.

use serde::Serialize;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::{
    Platform,
    claims::name,
    launch::{DeepLinkingSettings, Opaque},
};
use crate::catalogue::{Catalogue, Scope};

/// An answer is dated back by this much: Moodle refuses one from its future by a second.
const BACKDATED: Duration = Duration::seconds(5);

/// An answer is good until so long after it was signed.
const LIFETIME: Duration = Duration::minutes(4);

/// An activity to be placed (section 3.2).
#[derive(Clone, Debug, Serialize)]
pub struct ContentItem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    text: &'static str,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom: Option<Value>,
    #[serde(rename = "lineItem", skip_serializing_if = "Option::is_none")]
    line_item: Option<LineItem>,
}

/// The gradebook column of an activity (section 3.2.1).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LineItem {
    score_maximum: usize,
    label: &'static str,
    resource_id: &'static str,
    tag: &'static str,
}

/// An answer to a deep linking dialog.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// Who asked.
    pub platform: &'a Platform,
    /// From which deployment.
    pub deployment: &'a str,
    /// What the dialog takes.
    pub settings: &'a DeepLinkingSettings,
    /// What was chosen; nothing when the teacher went back.
    pub items: Vec<ContentItem>,
    /// Why nothing could be chosen.
    pub problem: Option<Problem>,
}

/// Why nothing could be chosen (section 4.5).
#[derive(Clone, Copy, Debug)]
pub struct Problem {
    /// For the teacher, in French.
    pub message: &'static str,
    /// For who looks after the platform.
    pub log: &'static str,
}

/// The dialog takes no activity.
pub const NO_ACTIVITY: Problem = Problem {
    message: "Cet emplacement n’accepte pas d’activité.",
    log: "deep_linking_settings.accept_types has no ltiResourceLink",
};

impl ContentItem {
    /// The activity that opens `scope`, whose page is `url`.
    ///
    /// The custom parameter names the part, the narrowest only, so that the activity opens it
    /// wherever our pages may move; the course as a whole needs none.
    pub fn new(
        catalogue: &Catalogue,
        scope: Scope,
        url: String,
        settings: &DeepLinkingSettings,
    ) -> Self {
        let title = scope.title(catalogue);
        Self {
            kind: "ltiResourceLink",
            title,
            text: scope.summary(catalogue),
            url,
            custom: scope.id().map(|id| json!({ (scope.kind()): id })),
            line_item: settings.takes_line_item().then(|| LineItem {
                score_maximum: scope.places(catalogue).count(),
                label: title,
                resource_id: scope.name(),
                tag: scope.kind(),
            }),
        }
    }
}

impl Answer<'_> {
    /// The claims of the answer (section 4.5), to be signed; `nonce` is fresh, `now` is UTC.
    pub fn claims(&self, nonce: &str, now: OffsetDateTime) -> Value {
        let mut claims = json!({
            "iss": self.platform.client_id,
            "aud": self.platform.issuer,
            "iat": (now - BACKDATED).unix_timestamp(),
            "exp": (now + LIFETIME).unix_timestamp(),
            "nonce": nonce,
            (name::MESSAGE_TYPE): "LtiDeepLinkingResponse",
            (name::VERSION): "1.3.0",
            (name::DEPLOYMENT_ID): self.deployment,
            (name::CONTENT_ITEMS): self.items,
        });
        if let Some(Opaque(data)) = &self.settings.data {
            claims[name::DEEP_LINKING_DATA] = data.clone();
        }
        if let Some(problem) = &self.problem {
            claims[name::DEEP_LINKING_ERROR] = json!(problem.message);
            claims[name::DEEP_LINKING_ERROR_LOG] = json!(problem.log);
        }
        claims
    }
}
