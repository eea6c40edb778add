//! Claims of a token as they travel: names, and readers that refuse a wrong type.
//!
//! LTI 1.3 core, section 5: <https://www.imsglobal.org/spec/lti/v1p3#required-message-claims>.

use serde_json::{Map, Value};

use super::launch::LaunchError;

/// The longest identifier that is kept, in characters (LTI 1.3 core, section 5.3).
const MAX_ID_CHARACTERS: usize = 255;

const LTI: &str = "https://purl.imsglobal.org/spec/lti/claim/";
const DEEP_LINKING: &str = "https://purl.imsglobal.org/spec/lti-dl/claim/";

/// Names of claims.
pub mod name {
    /// Kind of message.
    pub const MESSAGE_TYPE: &str = "https://purl.imsglobal.org/spec/lti/claim/message_type";
    /// Version of LTI.
    pub const VERSION: &str = "https://purl.imsglobal.org/spec/lti/claim/version";
    /// Where the tool is installed.
    pub const DEPLOYMENT_ID: &str = "https://purl.imsglobal.org/spec/lti/claim/deployment_id";
    /// What is to be opened.
    pub const TARGET_LINK_URI: &str = "https://purl.imsglobal.org/spec/lti/claim/target_link_uri";
    /// The activity over there.
    pub const RESOURCE_LINK: &str = "https://purl.imsglobal.org/spec/lti/claim/resource_link";
    /// What the person is there.
    pub const ROLES: &str = "https://purl.imsglobal.org/spec/lti/claim/roles";
    /// The course over there.
    pub const CONTEXT: &str = "https://purl.imsglobal.org/spec/lti/claim/context";
    /// Parameters of our own, given back.
    pub const CUSTOM: &str = "https://purl.imsglobal.org/spec/lti/claim/custom";
    /// How and where the page is shown.
    pub const LAUNCH_PRESENTATION: &str =
        "https://purl.imsglobal.org/spec/lti/claim/launch_presentation";
    /// Gradebook services (AGS).
    pub const AGS_ENDPOINT: &str = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint";
    /// Class list service (NRPS).
    pub const NAMES_ROLES: &str = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice";
    /// What a deep linking dialog takes.
    pub const DEEP_LINKING_SETTINGS: &str =
        "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings";
    /// What a deep linking answer holds.
    pub const CONTENT_ITEMS: &str = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items";
    /// Text to be given back unchanged.
    pub const DEEP_LINKING_DATA: &str = "https://purl.imsglobal.org/spec/lti-dl/claim/data";
    /// Why nothing can be placed, for the person.
    pub const DEEP_LINKING_ERROR: &str = "https://purl.imsglobal.org/spec/lti-dl/claim/errormsg";
    /// The same, for who looks after the platform.
    pub const DEEP_LINKING_ERROR_LOG: &str =
        "https://purl.imsglobal.org/spec/lti-dl/claim/errorlog";
}

/// The claims of a verified token, or one object inside them.
#[derive(Clone, Copy, Debug)]
pub struct Claims<'a>(pub &'a Map<String, Value>);

impl<'a> Claims<'a> {
    /// A claim, `null` counting as absent.
    pub fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A claim that must be there.
    ///
    /// # Errors
    /// Names the claim.
    pub fn required(self, name: &'static str) -> Result<&'a Value, LaunchError> {
        self.get(name).ok_or(LaunchError::ClaimMissing(short(name)))
    }

    /// A text that must be there and hold something.
    ///
    /// # Errors
    /// Names the claim.
    pub fn required_text(self, name: &'static str) -> Result<&'a str, LaunchError> {
        match self.required(name)? {
            Value::String(text) if !text.is_empty() => Ok(text),
            _ => Err(LaunchError::ClaimMalformed(short(name))),
        }
    }

    /// An identifier that must be there: 1 to 255 characters.
    ///
    /// # Errors
    /// Names the claim.
    pub fn required_id(self, name: &'static str) -> Result<&'a str, LaunchError> {
        let text = self.required_text(name)?;
        if text.chars().count() <= MAX_ID_CHARACTERS && !text.chars().any(char::is_control) {
            Ok(text)
        } else {
            Err(LaunchError::ClaimMalformed(short(name)))
        }
    }

    /// An object, if it is there.
    ///
    /// # Errors
    /// Names the claim when it is something else.
    pub fn object(self, name: &'static str) -> Result<Option<Claims<'a>>, LaunchError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(Claims(object))),
            Some(_) => Err(LaunchError::ClaimMalformed(short(name))),
        }
    }

    /// A text for people, if it is there and holds something: trimmed, without control
    /// characters, cut at `characters`.
    pub fn shown_text(self, name: &str, characters: usize) -> Option<String> {
        cleaned(self.get(name)?.as_str()?, characters)
    }

    /// Seconds since 1970, if they are there: an integer, or a float without a fraction.
    ///
    /// # Errors
    /// Names the claim when it is no such number.
    pub fn seconds(self, name: &'static str) -> Result<Option<i64>, LaunchError> {
        /// The last second that a date of four digits holds.
        const LATEST: f64 = 253_402_300_799.0;
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let seconds = value.as_number().and_then(serde_json::Number::as_f64);
        match seconds {
            Some(seconds) if (0.0..=LATEST).contains(&seconds) && seconds.fract() == 0.0 =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "its range was just checked"
                )]
                Ok(Some(seconds as i64))
            }
            _ => Err(LaunchError::ClaimMalformed(short(name))),
        }
    }
}

/// A text for people: trimmed, without control characters, cut at `characters`; `None` when
/// nothing is left.
pub(super) fn cleaned(text: &str, characters: usize) -> Option<String> {
    let text: String = text
        .trim()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(characters)
        .collect();
    (!text.is_empty()).then_some(text)
}

/// The name of a claim without the address before it, as refusals tell it.
fn short(name: &'static str) -> &'static str {
    name.strip_prefix(LTI)
        .or_else(|| name.strip_prefix(DEEP_LINKING))
        .unwrap_or(name)
}
