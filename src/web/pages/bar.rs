//! Progress bars, each with the words that say the same.

use std::{borrow::Cow, fmt};

use super::view::View;
use crate::{
    catalogue::{Module, Place, Sequence},
    progress::Progress,
    web::french,
};

/// A progress bar and the words beside it.
#[derive(Debug)]
pub(crate) struct Bar {
    /// What it counts, as scripts know it: `course`, or the id of a module or sequence.
    pub(crate) scope: &'static str,
    /// Its name, for those who do not see where it stands.
    pub(crate) label: Cow<'static, str>,
    /// What it shows.
    pub(crate) progress: Progress,
    /// « 3 grains sur 8 ».
    pub(crate) count: String,
    /// What follows the count, its separator included; may be empty.
    pub(crate) note: String,
}

impl Bar {
    /// The bar of the whole course.
    pub(crate) fn of_course(progress: Progress) -> Self {
        Self::new("course", "Progression du cours", progress)
    }

    /// The bar of a module; `None` without a session.
    pub(crate) fn of_module(view: &View<'_>, module: &'static Module) -> Option<Self> {
        let progress = view.completions?.over(view.of_module(module));
        Some(Self::new(module.id, "Progression du module", progress))
    }

    /// The bar of a sequence; `None` without a session.
    pub(crate) fn of_sequence(view: &View<'_>, sequence: &'static Sequence) -> Option<Self> {
        let progress = view.completions?.over(view.of_sequence(sequence));
        Some(Self::new(
            sequence.id,
            "Progression de la séquence",
            progress,
        ))
    }

    fn new(scope: &'static str, label: &'static str, progress: Progress) -> Self {
        let count = french::grains_of(progress);
        Self {
            scope,
            label: Cow::Borrowed(label),
            progress,
            count,
            note: String::new(),
        }
    }

    /// Names the bar by its rank, where several stand together.
    pub(crate) fn named(self, label: String) -> Self {
        Self {
            label: Cow::Owned(label),
            ..self
        }
    }

    /// Adds the minutes that remain in `places`, or that all is done.
    pub(crate) fn with_time_left(mut self, view: &View<'_>, places: &[Place]) -> Self {
        let Some(completions) = view.completions else {
            return self;
        };
        self.note = if self.progress.is_done() {
            " · terminé".to_owned()
        } else {
            let left = french::minutes(completions.minutes_left(places));
            let still = if self.progress.is_started() {
                "encore "
            } else {
                ""
            };
            format!(" · {still}{left}")
        };
        self
    }

    /// Adds the minutes that remain in `places`, or since when all is done.
    pub(crate) fn with_end(mut self, view: &View<'_>, places: &[Place]) -> Self {
        let times = places
            .iter()
            .filter_map(|place| view.completions?.completed_at(place));
        match times.max() {
            Some(last) if self.progress.is_done() => {
                self.note = format!(" · terminé le {}", french::date(last));
                self
            }
            _ => self.with_time_left(view, places),
        }
    }
}

/// The class of a scope: done, started, or none of them.
pub(crate) fn state(progress: Progress) -> &'static str {
    if progress.is_done() {
        "is-done"
    } else if progress.is_started() {
        "is-started"
    } else {
        ""
    }
}

/// What stands in place of a bar without a session: « 6 grains · 41 min ». Worded when shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Grains in all.
    pub(crate) grains: usize,
    /// Reading time in all, in minutes.
    pub(crate) minutes: u16,
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} · {}",
            french::grains(self.grains),
            french::minutes(self.minutes)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalogue::Catalogue,
        web::{pages::view::tests::done, urls::Urls},
    };

    fn note(grains: &[&str]) -> String {
        let catalogue = Catalogue::compiled();
        let completions = done(&catalogue, grains);
        let urls = Urls::default();
        let view = View {
            urls: &urls,
            catalogue: &catalogue,
            completions: Some(&completions),
        };
        let sequence = &catalogue.course.modules[0].sequences[0];
        let places = view.of_sequence(sequence);
        let bar = Bar::of_sequence(&view, sequence).expect("a session");
        bar.with_end(&view, places).note
    }

    #[test]
    fn a_bar_says_what_remains_and_since_when_all_is_done() {
        assert_eq!(note(&[]), " · 21\u{a0}min");
        assert_eq!(note(&["grain1"]), " · encore 14\u{a0}min");
        assert_eq!(
            note(&["grain1", "grain2", "grain3"]),
            " · terminé le 14\u{a0}novembre\u{a0}2026"
        );
    }
}
