//! The course as one visitor sees it: what every part of a page is built from.

use crate::{
    catalogue::{Catalogue, Module, Place, Sequence},
    progress::Completions,
    web::{session::Visitor, state::AppState, urls::Urls},
};

/// Where links lead, what the course holds, what is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    /// Builds every address.
    pub(crate) urls: &'a Urls,
    /// The course.
    pub(crate) catalogue: &'a Catalogue,
    /// What the learner has done; `None` without a session.
    pub(crate) completions: Option<&'a Completions>,
}

impl<'a> View<'a> {
    /// The course as `visitor` sees it.
    pub(crate) fn new(state: &'a AppState, visitor: &'a Visitor) -> Self {
        Self {
            urls: &visitor.urls,
            catalogue: &state.catalogue,
            completions: visitor
                .standing
                .as_ref()
                .map(|standing| &standing.completions),
        }
    }

    /// The grains of a module, which stand together in reading order.
    pub(crate) fn of_module(&self, module: &Module) -> &'a [Place] {
        run(self.catalogue.places(), |place| {
            place.module.id == module.id
        })
    }

    /// The grains of a sequence, which stand together in reading order.
    pub(crate) fn of_sequence(&self, sequence: &Sequence) -> &'a [Place] {
        run(self.catalogue.places(), |place| {
            place.sequence.id == sequence.id
        })
    }

    /// Whether the grain is finished; never without a session.
    pub(crate) fn is_done(&self, place: &Place) -> bool {
        self.completions
            .is_some_and(|completions| completions.is_done(place))
    }

    /// The grain to go on with among `places`; `None` when all of them are done.
    ///
    /// That is the next one of the whole course when it is among them, else the first to do.
    pub(crate) fn next_of(&self, places: &'a [Place]) -> Option<&'a Place> {
        let Some(completions) = self.completions else {
            return places.first();
        };
        completions
            .next(self.catalogue)
            .filter(|next| places.iter().any(|place| place.ordinal == next.ordinal))
            .or_else(|| completions.next_of(places))
    }
}

/// The places from the first to the last that belong; they stand together.
fn run(places: &[Place], belongs: impl Fn(&Place) -> bool) -> &[Place] {
    let start = places.iter().position(&belongs).unwrap_or(places.len());
    let rest = &places[start..];
    let length = rest
        .iter()
        .position(|place| !belongs(place))
        .unwrap_or(rest.len());
    &rest[..length]
}

#[cfg(test)]
pub(crate) mod tests {
    use time::{Duration, OffsetDateTime, macros::datetime};

    use super::*;

    /// When the first grain of [`done`] was finished.
    pub(crate) const START: OffsetDateTime = datetime!(2026-11-14 09:00 UTC);

    /// These grains, finished a minute apart.
    pub(crate) fn done(catalogue: &Catalogue, grains: &[&str]) -> Completions {
        let times = (0..).map(|minute| START + Duration::minutes(minute));
        Completions::from_rows(catalogue, grains.iter().copied().zip(times))
    }

    /// Ids of all grains of the course.
    pub(crate) fn all(catalogue: &Catalogue) -> Vec<&'static str> {
        catalogue
            .places()
            .iter()
            .map(|place| place.grain.id)
            .collect()
    }

    #[test]
    fn a_scope_holds_its_own_grains_in_order() {
        let catalogue = Catalogue::compiled();
        let urls = Urls::default();
        let view = View {
            urls: &urls,
            catalogue: &catalogue,
            completions: None,
        };
        let module = &catalogue.course.modules[1];
        let ids =
            |places: &[Place]| -> Vec<_> { places.iter().map(|place| place.grain.id).collect() };
        let expected = [
            "grain7", "grain8", "grain9", "grain10", "grain11", "grain12", "grain13",
        ];
        assert_eq!(ids(view.of_module(module)), expected);
        assert_eq!(ids(view.of_sequence(&module.sequences[1])), expected[4..]);
    }

    #[test]
    fn a_scope_goes_on_where_the_course_does_and_else_at_its_first_gap() {
        let catalogue = Catalogue::compiled();
        let urls = Urls::default();
        let completions = done(&catalogue, &["grain1", "grain8"]);
        let view = View {
            urls: &urls,
            catalogue: &catalogue,
            completions: Some(&completions),
        };
        let next = |rank: usize| {
            let module = &catalogue.course.modules[rank];
            view.next_of(view.of_module(module))
                .map(|place| place.grain.id)
        };
        assert_eq!(next(0), Some("grain2"));
        assert_eq!(next(1), Some("grain9"));
        assert_eq!(next(2), Some("grain14"));
    }
}
