//! The arithmetic of progress: bars, what comes next, what has been reached. All of it pure.

use time::OffsetDateTime;

use crate::catalogue::{Catalogue, Place};

/// How much of a scope the learner has finished.
///
/// Shape: grains counted, `done <= total`; a scope without grains is `0 / 0` and shows no bar.
/// Unit: `percent()` is a whole number from 0 to 100, rounded down, so 100 means all.
/// Source: the course order in `catalogue`, completions in `progress::store`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Progress {
    /// Living grains finished.
    pub done: usize,
    /// Living grains in all.
    pub total: usize,
}

impl Progress {
    /// Share that is done, from 0 to 100; an empty scope is at 0.
    pub fn percent(self) -> usize {
        (100 * self.done).checked_div(self.total).unwrap_or(0)
    }

    /// Whether nothing is left to do; an empty scope is never done.
    pub fn is_done(self) -> bool {
        self.total > 0 && self.done == self.total
    }

    /// Whether something, but not all, is done.
    pub fn is_started(self) -> bool {
        self.done > 0 && self.done < self.total
    }
}

/// The completions of one learner, by grain of the course; retired grains left out.
#[derive(Clone, Debug)]
pub struct Completions(Vec<Option<OffsetDateTime>>);

impl Completions {
    /// Nothing done yet.
    pub fn none(catalogue: &Catalogue) -> Self {
        Self(vec![None; catalogue.places().len()])
    }

    /// Sorts stored completions by grain; a grain the course no longer has is dropped.
    pub fn from_rows(
        catalogue: &Catalogue,
        rows: impl IntoIterator<Item = (impl AsRef<str>, OffsetDateTime)>,
    ) -> Self {
        let mut completions = Self::none(catalogue);
        for (grain, completed_at) in rows {
            if let Some(place) = catalogue.grain(grain.as_ref()) {
                completions.mark(place, completed_at);
            }
        }
        completions
    }

    /// Notes that `place` was finished at `completed_at`, unless an earlier time is known.
    pub fn mark(&mut self, place: &Place, completed_at: OffsetDateTime) {
        if let Some(slot) = self.0.get_mut(place.ordinal) {
            slot.get_or_insert(completed_at);
        }
    }

    /// When the grain was finished.
    pub fn completed_at(&self, place: &Place) -> Option<OffsetDateTime> {
        self.0.get(place.ordinal).copied().flatten()
    }

    /// Whether the grain is finished.
    pub fn is_done(&self, place: &Place) -> bool {
        self.completed_at(place).is_some()
    }

    /// How much of these grains is done.
    pub fn over<'a>(&self, places: impl IntoIterator<Item = &'a Place>) -> Progress {
        places
            .into_iter()
            .fold(Progress::default(), |sum, place| Progress {
                done: sum.done + usize::from(self.is_done(place)),
                total: sum.total + 1,
            })
    }

    /// How much of the course is done.
    pub fn of_course(&self) -> Progress {
        Progress {
            done: self.0.iter().flatten().count(),
            total: self.0.len(),
        }
    }

    /// How much of a module is done.
    pub fn of_module(&self, catalogue: &Catalogue, id: &str) -> Progress {
        self.over(catalogue.of_module(id))
    }

    /// How much of a sequence is done.
    pub fn of_sequence(&self, catalogue: &Catalogue, id: &str) -> Progress {
        self.over(catalogue.of_sequence(id))
    }

    /// Reading time that is left in these grains, in minutes.
    pub fn minutes_left<'a>(&self, places: impl IntoIterator<Item = &'a Place>) -> u16 {
        places
            .into_iter()
            .filter(|place| !self.is_done(place))
            .map(|place| place.grain.minutes)
            .sum()
    }

    /// The last time a grain was finished.
    pub fn latest(&self) -> Option<OffsetDateTime> {
        self.0.iter().flatten().max().copied()
    }

    /// The first grain to do among `places`.
    pub fn next_of<'a>(&self, places: impl IntoIterator<Item = &'a Place>) -> Option<&'a Place> {
        places.into_iter().find(|place| !self.is_done(place))
    }

    /// The grain to go on with.
    ///
    /// That is the first unfinished one after the grain finished last, else the first
    /// unfinished one of the course; `None` when all is done.
    pub fn next<'a>(&self, catalogue: &'a Catalogue) -> Option<&'a Place> {
        let last = catalogue
            .places()
            .iter()
            .max_by_key(|place| (self.completed_at(place), place.ordinal))
            .filter(|place| self.is_done(place));
        match last {
            Some(last) => self.next_after(catalogue, last),
            None => self.next_of(catalogue.places()),
        }
    }

    /// The first unfinished grain after `place`, or else from the start of the course.
    pub fn next_after<'a>(&self, catalogue: &'a Catalogue, place: &Place) -> Option<&'a Place> {
        let (before, after) = catalogue.places().split_at(place.ordinal);
        self.next_of(after).or_else(|| self.next_of(before))
    }
}

/// What the last click completed, the largest scope first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Milestone {
    /// All grains of the course are done.
    Course,
    /// All grains of the module are done.
    Module,
    /// All grains of the sequence are done.
    Sequence,
    /// One more grain.
    Grain,
}

impl Milestone {
    /// What finishing `place` has completed, `completions` counting it already.
    pub fn reached(catalogue: &Catalogue, completions: &Completions, place: &Place) -> Self {
        if completions.of_course().is_done() {
            Self::Course
        } else if completions.of_module(catalogue, place.module.id).is_done() {
            Self::Module
        } else if completions
            .of_sequence(catalogue, place.sequence.id)
            .is_done()
        {
            Self::Sequence
        } else {
            Self::Grain
        }
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const START: OffsetDateTime = datetime!(2026-11-14 09:00 UTC);

    /// Completions in the order given, a minute apart.
    fn after(catalogue: &Catalogue, grains: &[&str]) -> Completions {
        let times = (0..).map(|minute| START + Duration::minutes(minute));
        Completions::from_rows(catalogue, grains.iter().copied().zip(times))
    }

    fn next_id(catalogue: &Catalogue, completions: &Completions) -> Option<&'static str> {
        completions.next(catalogue).map(|place| place.grain.id)
    }

    #[test]
    fn an_empty_scope_shows_nothing_and_is_never_done() {
        let empty = Progress::default();
        assert_eq!(empty.percent(), 0);
        assert!(!empty.is_done());
        assert!(!empty.is_started());
    }

    #[test]
    fn a_hundred_percent_means_all() {
        assert_eq!(
            Progress {
                done: 999,
                total: 1000
            }
            .percent(),
            99
        );
        assert_eq!(Progress { done: 1, total: 3 }.percent(), 33);
        assert_eq!(Progress { done: 3, total: 3 }.percent(), 100);
    }

    #[test]
    fn grains_that_left_the_course_do_not_count() {
        let catalogue = Catalogue::compiled();
        let completions = after(&catalogue, &["grain1", "gone", "grain2"]);
        assert_eq!(completions.of_course(), Progress { done: 2, total: 29 });
    }

    #[test]
    fn scopes_count_their_own_grains() {
        let catalogue = Catalogue::compiled();
        let completions = after(&catalogue, &["grain1", "grain4", "grain8"]);
        assert_eq!(
            completions.of_module(&catalogue, "module1"),
            Progress { done: 2, total: 6 }
        );
        assert_eq!(
            completions.of_sequence(&catalogue, "sequence3"),
            Progress { done: 1, total: 4 }
        );
        assert_eq!(
            completions.minutes_left(catalogue.of_sequence("sequence3")),
            20
        );
    }

    #[test]
    fn one_goes_on_after_the_grain_finished_last_and_then_fills_the_gaps() {
        let catalogue = Catalogue::compiled();
        assert_eq!(
            next_id(&catalogue, &Completions::none(&catalogue)),
            Some("grain1")
        );
        assert_eq!(
            next_id(&catalogue, &after(&catalogue, &["grain1"])),
            Some("grain2")
        );
        assert_eq!(
            next_id(&catalogue, &after(&catalogue, &["grain8"])),
            Some("grain9")
        );
        assert_eq!(
            next_id(&catalogue, &after(&catalogue, &["grain29"])),
            Some("grain1")
        );
        let all: Vec<_> = catalogue
            .places()
            .iter()
            .map(|place| place.grain.id)
            .collect();
        assert_eq!(next_id(&catalogue, &after(&catalogue, &all)), None);
    }

    #[test]
    fn a_milestone_names_the_largest_scope_that_is_complete() {
        let catalogue = Catalogue::compiled();
        let reached = |grains: &[&str]| {
            let last = grains
                .last()
                .and_then(|id| catalogue.grain(id))
                .expect("a real grain");
            Milestone::reached(&catalogue, &after(&catalogue, grains), last)
        };
        assert_eq!(reached(&["grain1"]), Milestone::Grain);
        assert_eq!(
            reached(&["grain1", "grain3", "grain2"]),
            Milestone::Sequence
        );
        let module: Vec<_> = catalogue
            .of_module("module1")
            .map(|place| place.grain.id)
            .collect();
        assert_eq!(reached(&module), Milestone::Module);
        let all: Vec<_> = catalogue
            .places()
            .iter()
            .map(|place| place.grain.id)
            .collect();
        assert_eq!(reached(&all), Milestone::Course);
    }

    #[test]
    fn the_first_time_a_grain_was_finished_is_kept() {
        let catalogue = Catalogue::compiled();
        let place = catalogue.grain("grain1").expect("a real grain");
        let mut completions = after(&catalogue, &["grain1"]);
        completions.mark(place, START + Duration::days(1));
        assert_eq!(completions.completed_at(place), Some(START));
    }
}
