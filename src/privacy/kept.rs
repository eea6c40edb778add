//! All that is kept about one person, as the export writes it: `docs/RGPD.md` describes each field.
//!
//! Times are UTC. Names of fields are stable; new ones may come.

use serde::Serialize;
use time::{OffsetDateTime, serde::rfc3339};

/// All that is kept about one person.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// Who it is.
    pub profile: Profile,
    /// Which platform names them; none for a profile made by a signed token.
    pub platform: Option<Origin>,
    /// Courses over there that they belong to.
    pub courses: Vec<Course>,
    /// What is finished, the earliest first; grains that left the course included.
    pub completions: Vec<Completion>,
    /// Activities in which they are graded.
    pub grades: Vec<Grade>,
    /// Grades that wait to be told.
    pub queued: Vec<QueuedJob>,
    /// Sessions that are not deleted yet.
    pub sessions: Vec<SessionEnd>,
}

/// A row of `users`, and the last visit.
#[derive(Clone, Debug, Serialize)]
pub struct Profile {
    /// Our key of them.
    pub id: uuid::Uuid,
    /// Their identifier at the platform.
    pub moodle_user_id: String,
    /// Their name, when the platform told it.
    pub name: Option<String>,
    /// The part of it by which a class is sorted, when the platform told it.
    pub family_name: Option<String>,
    /// Their address, when the platform told it.
    pub email: Option<String>,
    /// Since when the profile is kept.
    #[serde(with = "rfc3339")]
    pub created_at: OffsetDateTime,
    /// When name or address changed last.
    #[serde(with = "rfc3339")]
    pub updated_at: OffsetDateTime,
    /// When they opened the course last; none when a class list alone names them.
    #[serde(with = "rfc3339::option")]
    pub last_visit_at: Option<OffsetDateTime>,
}

/// The platform of a profile.
#[derive(Clone, Debug, Serialize)]
pub struct Origin {
    /// What it is called.
    pub name: String,
    /// Its address.
    pub issuer: String,
}

/// A course over there.
#[derive(Clone, Debug, Serialize)]
pub struct Course {
    /// Its title there.
    pub title: Option<String>,
    /// Its short title there.
    pub label: Option<String>,
    /// As what: `learner`, `teacher`, `assistant`, `observer`, `test_learner` or `visitor`.
    pub role: String,
    /// Who said so: `launch` or `roster`, the class list.
    pub role_source: String,
    /// Whether the class list names them still.
    pub is_active: bool,
    /// Since when this is kept.
    #[serde(with = "rfc3339")]
    pub since: OffsetDateTime,
    /// When they opened an activity of it last.
    #[serde(with = "rfc3339::option")]
    pub launched_at: Option<OffsetDateTime>,
}

/// A grain that is finished.
#[derive(Clone, Debug, Serialize)]
pub struct Completion {
    /// Its id.
    pub grain_id: String,
    /// Its title.
    pub grain_title: String,
    /// Where it stands.
    pub sequence_id: String,
    /// Title of that.
    pub sequence_title: String,
    /// Where that stands.
    pub module_id: String,
    /// Title of that.
    pub module_title: String,
    /// When it was finished for the first time.
    #[serde(with = "rfc3339")]
    pub completed_at: OffsetDateTime,
}

/// An activity placed over there.
#[derive(Clone, Debug, Serialize)]
pub struct Activity {
    /// Its title there.
    pub title: Option<String>,
    /// Title of the course there.
    pub course: Option<String>,
    /// What it opens: `course`, `module`, `sequence` or `grain`.
    pub scope: String,
    /// Which one; none for the course.
    pub scope_id: Option<String>,
}

/// How an activity stands for a learner.
#[derive(Clone, Debug, Serialize)]
pub struct Grade {
    /// Which activity.
    pub activity: Activity,
    /// What the platform took last.
    pub sent: Option<SentGrade>,
    /// What it refused since.
    pub refused: Option<RefusedGrade>,
}

/// A grade that the platform took.
#[derive(Clone, Debug, Serialize)]
pub struct SentGrade {
    /// Grains done.
    pub given: i32,
    /// Grains in all.
    pub maximum: i32,
    /// When.
    #[serde(with = "rfc3339")]
    pub at: OffsetDateTime,
}

/// A grade that the platform did not take.
#[derive(Clone, Debug, Serialize)]
pub struct RefusedGrade {
    /// Why: `answer`, `conflict`, `scope`, `address` or `given_up`.
    pub reason: String,
    /// Status of its answer.
    pub status: Option<i32>,
    /// Its words.
    pub answer: Option<String>,
    /// When.
    #[serde(with = "rfc3339")]
    pub at: OffsetDateTime,
}

/// A grade that waits to be told.
#[derive(Clone, Debug, Serialize)]
pub struct QueuedJob {
    /// Which activity; none when it is no longer known.
    pub activity: Option<Activity>,
    /// Since when.
    #[serde(with = "rfc3339")]
    pub queued_at: OffsetDateTime,
    /// How often it was tried.
    pub attempts: i32,
    /// What came of it last.
    pub error: Option<String>,
    /// When it was given up.
    #[serde(with = "rfc3339::option")]
    pub given_up_at: Option<OffsetDateTime>,
}

/// A session; what it opens is not told, nobody but its browser has the key.
#[derive(Clone, Debug, Serialize)]
pub struct SessionEnd {
    /// When it ends if nothing happens.
    #[serde(with = "rfc3339")]
    pub expires_at: OffsetDateTime,
}
