//! Who learns: the learner, as a platform or the development login names them.
//!
//! What they have done is `progress`; how a browser proves who it is, `web::session`.

pub mod store;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Our own key of a learner; never shown to a platform.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct LearnerId(pub Uuid);

/// The identifier a learner has at their platform.
///
/// Shape: 1 to 255 characters, none of them a control character (LTI 1.3 core,
/// section 5.3.6, limits `sub` to 255).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MoodleUserId(String);

/// Why a text is no [`MoodleUserId`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MoodleUserIdError {
    /// Nothing but blanks.
    #[error("the identifier is empty")]
    Empty,
    /// More than [`MoodleUserId::MAX_CHARACTERS`].
    #[error(
        "the identifier has {characters} characters, at most {} are accepted",
        MoodleUserId::MAX_CHARACTERS
    )]
    TooLong {
        /// How many characters were found.
        characters: usize,
    },
    /// A line break, a NUL or the like.
    #[error("the identifier holds a control character")]
    ControlCharacter,
}

impl MoodleUserId {
    /// The longest identifier accepted, in characters.
    pub const MAX_CHARACTERS: usize = 255;

    /// An identifier that a platform signed: kept byte for byte, blanks around it included.
    ///
    /// # Errors
    /// As for any identifier, save that blanks count.
    pub fn exact(text: &str) -> Result<Self, MoodleUserIdError> {
        let characters = text.chars().count();
        if characters == 0 {
            Err(MoodleUserIdError::Empty)
        } else if characters > Self::MAX_CHARACTERS {
            Err(MoodleUserIdError::TooLong { characters })
        } else if text.chars().any(char::is_control) {
            Err(MoodleUserIdError::ControlCharacter)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for MoodleUserId {
    type Error = MoodleUserIdError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::exact(text.trim())
    }
}

/// What a platform tells of a person beside who it is; each of them may be missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told<'a> {
    /// Their address.
    pub email: Option<&'a str>,
    /// Their whole name.
    pub name: Option<&'a str>,
    /// The part of it by which a class is sorted.
    pub family_name: Option<&'a str>,
}

/// A learner as the pages show them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Learner {
    /// Our key.
    pub id: LearnerId,
    /// Their identifier at the platform.
    pub moodle_user_id: String,
    /// Their address, when the platform told it.
    pub email: Option<String>,
    /// Their name, when the platform told it.
    pub name: Option<String>,
}

impl Learner {
    /// What to call them: their name, or the beginning of their identifier.
    pub fn display_name(&self) -> String {
        match &self.name {
            Some(name) if !name.trim().is_empty() => name.clone(),
            _ => {
                let short: String = self.moodle_user_id.chars().take(8).collect();
                format!("Apprenant·e\u{a0}{short}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_trimmed_and_must_hold_something_readable() {
        assert_eq!(
            MoodleUserId::try_from(" 42 ").map(|id| id.0),
            Ok("42".to_owned())
        );
        assert_eq!(MoodleUserId::try_from("  "), Err(MoodleUserIdError::Empty));
        assert_eq!(
            MoodleUserId::try_from("4\u{0}2"),
            Err(MoodleUserIdError::ControlCharacter)
        );
        let long = "é".repeat(256);
        assert_eq!(
            MoodleUserId::try_from(long.as_str()),
            Err(MoodleUserIdError::TooLong { characters: 256 })
        );
    }

    #[test]
    fn a_learner_without_a_name_is_called_by_their_identifier() {
        let mut learner = Learner {
            id: LearnerId(Uuid::nil()),
            moodle_user_id: "42".to_owned(),
            email: None,
            name: Some(" ".to_owned()),
        };
        assert_eq!(learner.display_name(), "Apprenant·e\u{a0}42");
        learner.name = Some("Camille Durand".to_owned());
        assert_eq!(learner.display_name(), "Camille Durand");
    }
}
