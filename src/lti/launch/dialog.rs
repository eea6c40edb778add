//! What a deep linking dialog takes, as its launch says it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LaunchError, message::platform_page};
use crate::lti::{
    Platform,
    claims::{Claims, name},
};

/// What a deep linking dialog takes (LTI deep linking 2.0, section 4.4.1).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DeepLinkingSettings {
    /// Where the answer is posted to.
    pub return_url: String,
    /// What is to be given back unchanged.
    pub data: Option<Opaque>,
    /// Whether links to activities are taken at all.
    pub takes_links: bool,
    /// Whether several may be chosen at once.
    pub takes_several: bool,
    /// Whether a gradebook column may come with them; most platforms do not say.
    pub takes_line_items: Option<bool>,
}

/// A value that is given back as it came.
///
/// Kept as JSON in a text: what `jsonb` does not take, such as a NUL, survives.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Opaque(pub Value);

impl From<Opaque> for String {
    fn from(Opaque(value): Opaque) -> Self {
        value.to_string()
    }
}

impl TryFrom<String> for Opaque {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&text).map(Self)
    }
}

impl DeepLinkingSettings {
    /// Whether a gradebook column is sent with each link: unless the platform refuses it.
    ///
    /// Moodle never says that it takes one, and ticks the box for grades only where one comes; a
    /// platform that does not say so and takes none leaves it aside (section 4.4.1).
    pub fn takes_line_item(&self) -> bool {
        self.takes_line_items.unwrap_or(true)
    }
}

/// Reads the settings; the answer may go to the platform only.
pub(super) fn read(
    claims: Claims<'_>,
    platform: &Platform,
) -> Result<DeepLinkingSettings, LaunchError> {
    let settings = claims
        .object(name::DEEP_LINKING_SETTINGS)?
        .ok_or(LaunchError::ClaimMissing("deep_linking_settings"))?;
    let return_url = settings.required_text("deep_link_return_url")?;
    let types = settings.get("accept_types").and_then(Value::as_array);
    let flag = |name| settings.get(name).and_then(Value::as_bool);
    Ok(DeepLinkingSettings {
        return_url: platform_page(return_url, platform).ok_or(LaunchError::ForeignReturn)?,
        data: settings.get("data").cloned().map(Opaque),
        takes_links: types.is_some_and(|types| types.iter().any(|kind| kind == "ltiResourceLink")),
        takes_several: flag("accept_multiple").unwrap_or(false),
        takes_line_items: flag("accept_lineitem"),
    })
}
