//! What a person is in a context, from the roles that a platform tells.
//!
//! Only roles of the context give rights: a lecturer of the institution is not yet a teacher of
//! this course. LTI 1.3 core, appendix A.2: <https://www.imsglobal.org/spec/lti/v1p3#role-vocabularies>.

use serde::{Deserialize, Serialize};

const MEMBERSHIP: &str = "http://purl.imsglobal.org/vocab/lis/v2/membership";
const INSTITUTION: &str = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#";
const SYSTEM: &str = "http://purl.imsglobal.org/vocab/lis/v2/system/person#";
const TEST_USER: &str = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser";

/// What a person is in a context.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Learns, and is graded.
    Learner,
    /// Teaches.
    Teacher,
    /// Helps to teach: sees the class, resets and erases nothing.
    Assistant,
    /// An administrator of the platform who does not belong to the context: reads, sees nobody.
    Observer,
    /// A teacher's preview of what a learner sees: never graded, never counted.
    TestLearner,
    /// Somebody whose roles say nothing: reads and learns, without rights, never graded.
    Visitor,
}

impl Role {
    /// The highest right among the roles of a launch or of a class list.
    ///
    /// Full addresses and the short names of the context vocabulary are the same.
    pub fn from_roles<'a>(roles: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = Found::default();
        for role in roles {
            found.note(role);
        }
        found.role()
    }

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Learner => "learner",
            Self::Teacher => "teacher",
            Self::Assistant => "assistant",
            Self::Observer => "observer",
            Self::TestLearner => "test_learner",
            Self::Visitor => "visitor",
        }
    }

    /// Whether the class of the context may be seen.
    pub fn can_see_class(self) -> bool {
        matches!(self, Self::Teacher | Self::Assistant)
    }

    /// Whether activities may be placed in the context.
    pub fn can_place_activities(self) -> bool {
        self == Self::Teacher
    }

    /// Whether completions of others may be reset or erased.
    pub fn can_change_class(self) -> bool {
        self == Self::Teacher
    }

    /// Whether scores are sent for this person.
    pub fn is_graded(self) -> bool {
        self == Self::Learner
    }
}

/// Which kinds of role were told.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one per kind, independent of one another"
)]
struct Found {
    teacher: bool,
    assistant: bool,
    learner: bool,
    administrator: bool,
    test: bool,
}

impl Found {
    fn note(&mut self, role: &str) {
        let context_role = match role.strip_prefix(MEMBERSHIP) {
            // `membership#Instructor`, `membership/Instructor#TeachingAssistant`.
            Some(rest) => rest.strip_prefix(['#', '/']).unwrap_or_default(),
            None if role.contains(':') => "",
            None => role,
        };
        match context_role {
            "Instructor" | "ContentDeveloper" => self.teacher = true,
            "Learner" => self.learner = true,
            other if other.starts_with("Instructor#TeachingAssistant") => self.assistant = true,
            other if other.starts_with("Instructor#") => self.teacher = true,
            other if other.starts_with("Learner#") => self.learner = true,
            _ => {}
        }
        self.administrator |=
            role.strip_prefix(SYSTEM).or(role.strip_prefix(INSTITUTION)) == Some("Administrator");
        self.test |= role == TEST_USER;
    }

    fn role(&self) -> Role {
        if self.test {
            Role::TestLearner
        } else if self.assistant {
            // Canvas sends `Instructor` beside the narrower role.
            Role::Assistant
        } else if self.teacher {
            Role::Teacher
        } else if self.learner {
            Role::Learner
        } else if self.administrator {
            Role::Observer
        } else {
            Role::Visitor
        }
    }
}
