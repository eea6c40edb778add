//! The band under the header of the page that follows a finished grain.

use super::{bar::Bar, view::View};
use crate::{catalogue::Place, progress::Milestone};

/// What has just been finished, and how far that leads.
#[derive(Debug)]
pub(crate) struct Confirmation {
    /// « Grain terminé. »
    pub(crate) title: String,
    /// The bar of the module, or of the course when all of it is done.
    pub(crate) bar: Bar,
    /// Where the completion is taken back.
    pub(crate) undo: String,
    /// Title of the grain, for those who do not see the page before.
    pub(crate) grain_title: &'static str,
}

impl Confirmation {
    /// Confirms `finished` on the page of another grain.
    pub(crate) fn on_grain(view: &View<'_>, finished: &Place, page: &Place) -> Option<Self> {
        let completions = view.completions?;
        let mut bar = Bar::of_module(view, finished.module)?;
        bar.note = if finished.module.id == page.module.id {
            " dans ce module.".to_owned()
        } else {
            format!(" dans le module\u{a0}{}.", finished.module_rank + 1)
        };
        let title = match Milestone::reached(view.catalogue, completions, finished) {
            Milestone::Sequence => format!(
                "Belle étape\u{a0}: la séquence «\u{a0}{}\u{a0}» est terminée.",
                finished.sequence.title
            ),
            _ => "Grain terminé.".to_owned(),
        };
        Some(Self::new(view, finished, title, bar))
    }

    /// Confirms the last grain of the course, on its home page.
    pub(crate) fn of_course(view: &View<'_>, finished: &Place) -> Option<Self> {
        let progress = view.completions?.of_course();
        let title = "Dernier grain terminé\u{a0}: vous avez lu tout le cours.".to_owned();
        progress
            .is_done()
            .then(|| Self::new(view, finished, title, Bar::of_course(progress)))
    }

    fn new(view: &View<'_>, finished: &Place, title: String, bar: Bar) -> Self {
        let undo = view.urls.undo(finished.grain.id);
        Self {
            title,
            bar,
            undo,
            grain_title: finished.grain.title,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalogue::Catalogue,
        web::{
            pages::view::tests::{all, done},
            urls::Urls,
        },
    };

    /// What is said on the page of `page` when the last of `grains` was finished.
    fn said(grains: &[&str], page: &str) -> String {
        let catalogue = Catalogue::compiled();
        let urls = Urls::default();
        let completions = done(&catalogue, grains);
        let view = View {
            urls: &urls,
            catalogue: &catalogue,
            completions: Some(&completions),
        };
        let place = |id| catalogue.grain(id).expect("a real grain");
        let finished = place(grains[grains.len() - 1]);
        let Confirmation { title, bar, .. } =
            Confirmation::on_grain(&view, finished, place(page)).expect("a session");
        format!("{title} {}{}", bar.count, bar.note)
    }

    #[test]
    fn it_names_what_was_finished_and_where_that_leads() {
        assert_eq!(
            said(&["grain7"], "grain8"),
            "Grain terminé. 1\u{a0}grain sur 7 dans ce module."
        );
        assert_eq!(
            said(&["grain13"], "grain14"),
            "Grain terminé. 1\u{a0}grain sur 7 dans le module\u{a0}2."
        );
        assert_eq!(
            said(&["grain1", "grain2", "grain3"], "grain4"),
            "Belle étape\u{a0}: la séquence «\u{a0}Ce qu’innover veut dire\u{a0}» est terminée. 3\u{a0}grains sur 6 dans ce module."
        );
    }

    #[test]
    fn the_course_is_confirmed_only_when_all_is_done() {
        let catalogue = Catalogue::compiled();
        let urls = Urls::default();
        let last = catalogue.grain("grain29").expect("a real grain");
        for (grains, expected) in [(vec!["grain29"], false), (all(&catalogue), true)] {
            let completions = done(&catalogue, &grains);
            let view = View {
                urls: &urls,
                catalogue: &catalogue,
                completions: Some(&completions),
            };
            assert_eq!(Confirmation::of_course(&view, last).is_some(), expected);
        }
    }
}
