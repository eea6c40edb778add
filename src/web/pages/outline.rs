//! The course beside the text: all modules, the sequences of the current one, the grains of
//! the current sequence.

use super::view::View;
use crate::{
    catalogue::{Module, Place, Sequence},
    progress::Progress,
};

/// More rows may not fit a frame of 600 pixels, some of them taking two lines.
const MOST_ROWS: usize = 12;

/// The outline of the course around one page.
#[derive(Debug)]
pub(crate) struct Outline {
    /// All modules.
    pub(crate) modules: Vec<OutlineModule>,
    /// Whether grains are marked as done or not; not without a session.
    pub(crate) has_marks: bool,
    /// Whether it may be higher than a low frame.
    pub(crate) is_long: bool,
}

/// A module, with its sequences when it is the current one.
#[derive(Debug)]
pub(crate) struct OutlineModule {
    /// Rank in the course, from 1.
    pub(crate) number: usize,
    /// Title, page, what is done.
    pub(crate) entry: Entry,
    /// Its sequences, unless another module is read.
    pub(crate) sequences: Vec<OutlineSequence>,
}

/// A sequence, with its grains when it is the current one.
#[derive(Debug)]
pub(crate) struct OutlineSequence {
    /// Title, page, what is done.
    pub(crate) entry: Entry,
    /// Its grains, unless another sequence is read.
    pub(crate) grains: Vec<OutlineGrain>,
}

/// A grain.
#[derive(Debug)]
pub(crate) struct OutlineGrain {
    /// Title.
    pub(crate) title: &'static str,
    /// Its page.
    pub(crate) href: String,
    /// Whether this is the page.
    pub(crate) is_current: bool,
    /// Whether it is finished.
    pub(crate) is_done: bool,
}

/// What a module and a sequence have in common.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Title.
    pub(crate) title: &'static str,
    /// Its page.
    pub(crate) href: String,
    /// Whether this is the page.
    pub(crate) is_current: bool,
    /// What is done; `None` without a session.
    pub(crate) progress: Option<Progress>,
}

/// The page around which the outline opens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Here<'a> {
    /// The page of a module.
    Module(&'a Module),
    /// The page of the sequence of this place.
    Sequence(&'a Place),
    /// The page of a grain.
    Grain(&'a Place),
}

impl Here<'_> {
    fn is_in_module(self, module: &Module) -> bool {
        match self {
            Self::Module(here) => here.id == module.id,
            Self::Sequence(place) | Self::Grain(place) => place.module.id == module.id,
        }
    }

    fn is_in_sequence(self, sequence: &Sequence) -> bool {
        match self {
            Self::Module(_) => false,
            Self::Sequence(place) | Self::Grain(place) => place.sequence.id == sequence.id,
        }
    }

    fn is_grain(self, place: &Place) -> bool {
        matches!(self, Self::Grain(here) if here.ordinal == place.ordinal)
    }
}

impl Outline {
    /// The outline as it opens around the page `here`.
    pub(crate) fn new(view: &View<'_>, here: Here<'_>) -> Self {
        let modules = view.catalogue.course.modules.iter().zip(1..);
        let modules: Vec<_> = modules
            .map(|(module, number)| outline_module(view, here, number, module))
            .collect();
        let rows = modules.iter().map(OutlineModule::rows).sum::<usize>();
        Self {
            modules,
            has_marks: view.completions.is_some(),
            is_long: rows > MOST_ROWS,
        }
    }
}

impl OutlineModule {
    fn rows(&self) -> usize {
        1 + self
            .sequences
            .iter()
            .map(|sequence| 1 + sequence.grains.len())
            .sum::<usize>()
    }
}

fn outline_module(
    view: &View<'_>,
    here: Here<'_>,
    number: usize,
    module: &'static Module,
) -> OutlineModule {
    let is_open = here.is_in_module(module);
    let sequences = if is_open { module.sequences } else { &[] };
    OutlineModule {
        number,
        entry: Entry {
            title: module.title,
            href: view.urls.module(module.id),
            is_current: is_open && matches!(here, Here::Module(_)),
            progress: view
                .completions
                .map(|completions| completions.over(view.of_module(module))),
        },
        sequences: sequences
            .iter()
            .map(|sequence| outline_sequence(view, here, sequence))
            .collect(),
    }
}

fn outline_sequence(
    view: &View<'_>,
    here: Here<'_>,
    sequence: &'static Sequence,
) -> OutlineSequence {
    let places = view.of_sequence(sequence);
    let is_open = here.is_in_sequence(sequence);
    let grains = if is_open { places } else { &[] };
    OutlineSequence {
        entry: Entry {
            title: sequence.title,
            href: view.urls.sequence(sequence.id),
            is_current: is_open && matches!(here, Here::Sequence(_)),
            progress: view.completions.map(|completions| completions.over(places)),
        },
        grains: grains
            .iter()
            .map(|place| outline_grain(view, here, place))
            .collect(),
    }
}

fn outline_grain(view: &View<'_>, here: Here<'_>, place: &Place) -> OutlineGrain {
    OutlineGrain {
        title: place.grain.title,
        href: view.urls.grain(place.grain.id),
        is_current: here.is_grain(place),
        is_done: view.is_done(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue::Catalogue, web::urls::Urls};

    /// What is open: how many sequences and grains are shown, and what is the page.
    fn opened(here: impl FnOnce(&Place) -> Here<'_>) -> (usize, usize, Vec<String>) {
        let catalogue = Catalogue::compiled();
        let urls = Urls::default();
        let view = View {
            urls: &urls,
            catalogue: &catalogue,
            completions: None,
        };
        let place = catalogue.grain("grain12").expect("a real grain");
        let modules = Outline::new(&view, here(place)).modules;
        let sequences: Vec<_> = modules
            .iter()
            .flat_map(|module| &module.sequences)
            .collect();
        let grains: Vec<_> = sequences
            .iter()
            .flat_map(|sequence| &sequence.grains)
            .collect();
        let entries = modules.iter().map(|module| &module.entry);
        let entries = entries.chain(sequences.iter().map(|sequence| &sequence.entry));
        let current = entries
            .filter(|entry| entry.is_current)
            .map(|entry| entry.href.clone());
        let current = current.chain(
            grains
                .iter()
                .filter(|grain| grain.is_current)
                .map(|grain| grain.href.clone()),
        );
        (sequences.len(), grains.len(), current.collect())
    }

    #[test]
    fn it_opens_down_to_the_page_and_no_further() {
        assert_eq!(
            opened(|place| Here::Module(place.module)),
            (2, 0, vec!["/modules/module2".to_owned()])
        );
        assert_eq!(
            opened(|place| Here::Sequence(place)),
            (2, 3, vec!["/sequences/sequence4".to_owned()])
        );
        assert_eq!(
            opened(|place| Here::Grain(place)),
            (2, 3, vec!["/grains/grain12".to_owned()])
        );
    }
}
