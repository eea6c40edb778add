//! One learner of a class, and where they stand. Pure.

use time::{Duration, OffsetDateTime};

use crate::{
    learner::{Learner, LearnerId},
    progress::Completions,
};

/// Who has begun, and did nothing for this long, has stopped.
pub const IDLE: Duration = Duration::days(14);

/// Who a learner of a class is.
#[derive(Clone, Debug)]
pub struct Named {
    /// Our key.
    pub id: LearnerId,
    /// As a class list writes it, family name first.
    pub name: String,
    /// Their identifier at the platform.
    pub moodle_user_id: String,
}

/// One learner of a class.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who it is.
    pub who: Named,
    /// When they last opened an activity of this context, UTC; `None` when they never did.
    pub launched_at: Option<OffsetDateTime>,
    /// What they have done.
    pub completions: Completions,
    /// What the gradebook knows of it.
    pub grade: Grade,
}

/// Where a learner stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// Is on the class list, and never opened an activity.
    NeverCame,
    /// Came, and finished nothing yet.
    NotBegun,
    /// Has finished something, not all.
    UnderWay,
    /// The same, and nothing happened for [`IDLE`].
    Stopped,
    /// Has finished all living grains.
    Done,
}

/// What the gradebook knows of a learner, all activities of the class together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Grade {
    /// No activity that they opened is graded, or nothing was to be sent yet.
    None,
    /// Something is on its way.
    Waiting,
    /// All that was to be sent was accepted.
    Sent,
    /// The platform did not take a score, the last time that it was told.
    Refused,
}

impl State {
    /// All of them, from the furthest behind.
    pub const ALL: [Self; 5] = [
        Self::NeverCame,
        Self::NotBegun,
        Self::UnderWay,
        Self::Stopped,
        Self::Done,
    ];

    /// One word for it, as addresses write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NeverCame => "never-came",
            Self::NotBegun => "not-begun",
            Self::UnderWay => "under-way",
            Self::Stopped => "stopped",
            Self::Done => "done",
        }
    }

    /// What an address wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl Member {
    /// When they last did anything, UTC.
    pub fn last_activity(&self) -> Option<OffsetDateTime> {
        self.launched_at.max(self.completions.latest())
    }

    /// Where they stand at `now` (UTC).
    pub fn state(&self, now: OffsetDateTime) -> State {
        let progress = self.completions.of_course();
        if progress.is_done() {
            State::Done
        } else if progress.is_started() {
            let is_idle = |last| now - last >= IDLE;
            if self.last_activity().is_some_and(is_idle) {
                State::Stopped
            } else {
                State::UnderWay
            }
        } else if self.launched_at.is_some() {
            State::NotBegun
        } else {
            State::NeverCame
        }
    }
}

impl Named {
    /// Somebody as the platform told them.
    pub(super) fn new(
        id: LearnerId,
        moodle_user_id: String,
        name: Option<String>,
        family_name: Option<&str>,
    ) -> Self {
        let learner = Learner {
            id,
            moodle_user_id,
            email: None,
            name,
        };
        Self {
            id,
            name: listed_name(&learner, family_name),
            moodle_user_id: learner.moodle_user_id,
        }
    }
}

/// A name as a class list writes it: « Lefèvre Élodie ». Without a family name, or when the name
/// does not end with it, the name as it is.
fn listed_name(learner: &Learner, family_name: Option<&str>) -> String {
    let name = learner.display_name();
    let family_name = family_name.map(str::trim).unwrap_or_default();
    match name.trim().strip_suffix(family_name).map(str::trim_end) {
        Some(given) if !family_name.is_empty() && !given.is_empty() => {
            format!("{family_name} {given}")
        }
        _ => name,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::catalogue::Catalogue;

    pub(in crate::class) const NOW: OffsetDateTime = datetime!(2026-11-28 09:00 UTC);

    /// Somebody who finished these grains, at these moments.
    pub(in crate::class) fn member(
        name: &str,
        launched_at: Option<OffsetDateTime>,
        done: &[(&str, OffsetDateTime)],
    ) -> Member {
        Member {
            who: Named {
                id: LearnerId(Uuid::nil()),
                name: name.to_owned(),
                moodle_user_id: name.to_lowercase(),
            },
            launched_at,
            completions: Completions::from_rows(&Catalogue::compiled(), done.iter().copied()),
            grade: Grade::None,
        }
    }

    fn all(at: OffsetDateTime) -> Vec<(&'static str, OffsetDateTime)> {
        let catalogue = Catalogue::compiled();
        let grains = catalogue.places().iter().map(|place| place.grain.id);
        grains.map(|grain| (grain, at)).collect()
    }

    #[test]
    fn a_state_is_told_by_what_was_done_and_when() {
        let came = Some(NOW - Duration::days(20));
        let state = |launched_at, done: &[_]| member("A", launched_at, done).state(NOW);
        assert_eq!(state(None, &[]), State::NeverCame);
        assert_eq!(state(came, &[]), State::NotBegun);
        let begun = |days| [("grain1", NOW - Duration::days(days))];
        assert_eq!(state(came, &begun(13)), State::UnderWay);
        assert_eq!(state(came, &begun(14)), State::Stopped);
        // Coming back to read counts as well.
        assert_eq!(
            state(Some(NOW - Duration::days(2)), &begun(14)),
            State::UnderWay
        );
        assert_eq!(state(came, &all(NOW - Duration::days(90))), State::Done);
        // What was done elsewhere counts, though they never came here.
        assert_eq!(state(None, &begun(1)), State::UnderWay);
    }

    #[test]
    fn a_list_writes_the_family_name_first() {
        let listed = |name: &str, family_name: Option<&str>| {
            let learner = Learner {
                id: LearnerId(Uuid::nil()),
                moodle_user_id: "42".to_owned(),
                email: None,
                name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            };
            listed_name(&learner, family_name)
        };
        assert_eq!(listed("Marie Le Goff", Some("Le Goff")), "Le Goff Marie");
        assert_eq!(listed("Le Goff Marie", Some("Le Goff")), "Le Goff Marie");
        assert_eq!(listed("Marie Le Goff", None), "Marie Le Goff");
        assert_eq!(listed("Madonna", Some("Madonna")), "Madonna");
        assert_eq!(listed("", Some("Le Goff")), "Apprenant·e\u{a0}42");
    }
}
