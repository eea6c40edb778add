//! The page on which a teacher chooses what to place: one plain form, a box for each part of the
//! course.

use askama::Template;
use axum::http::StatusCode;

use crate::{
    catalogue::{Catalogue, Grain, Module, Scope, Sequence},
    lti::launch::DeepLinkingSettings,
    web::{frame::Frame, french, pages::bar::Facts, session::Visitor, state::AppState},
};

/// The name of the boxes.
const CHOICE: &str = "choice";

/// The name of the button that goes back without a choice.
const CANCEL: &str = "cancel";

/// What a teacher has sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Sent {
    /// « Annuler ».
    Cancel,
    /// « Insérer », with these boxes ticked.
    Insert(Vec<String>),
}

/// Why a choice cannot be sent to the platform.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Complaint {
    /// Nothing is ticked.
    Nothing,
    /// Several are, where one is taken.
    Several,
    /// One of them is no part of the course, or no more.
    Unknown,
}

/// The page.
#[derive(Template)]
#[template(path = "lti/picker.html")]
pub(super) struct PickerPage {
    frame: Frame,
    action: String,
    takes_links: bool,
    takes_several: bool,
    /// Kind of its boxes, as `<input type>` says it.
    kind: &'static str,
    is_graded: bool,
    complaint: Option<Complaint>,
    course: Choice,
    modules: Vec<ModuleChoices>,
}

/// One box.
struct Choice {
    value: &'static str,
    title: String,
    /// « 6 grains · 41 min ».
    facts: String,
    is_ticked: bool,
}

/// A module and what is in it.
struct ModuleChoices {
    number: usize,
    whole: Choice,
    sequences: Vec<SequenceChoices>,
    /// Whether something in it is ticked.
    is_open: bool,
}

/// A sequence and its grains.
struct SequenceChoices {
    whole: Choice,
    grains: Vec<Choice>,
}

impl Sent {
    /// Reads the form.
    pub(super) fn from_pairs(pairs: &[(String, String)]) -> Self {
        if pairs.iter().any(|(name, _)| name == CANCEL) {
            return Self::Cancel;
        }
        let ticked = pairs.iter().filter(|(name, _)| name == CHOICE);
        Self::Insert(ticked.map(|(_, value)| value.clone()).collect())
    }

    /// The names of the boxes that are ticked.
    fn ticked(&self) -> &[String] {
        match self {
            Self::Cancel => &[],
            Self::Insert(ticked) => ticked,
        }
    }

    /// The parts of the course that are to be placed, each once; none after « Annuler ».
    ///
    /// # Errors
    /// What the page has to say instead.
    pub(super) fn scopes(
        &self,
        catalogue: &Catalogue,
        settings: &DeepLinkingSettings,
    ) -> Result<Vec<Scope>, Complaint> {
        let Self::Insert(ticked) = self else {
            return Ok(Vec::new());
        };
        let mut scopes = Vec::new();
        for name in ticked {
            let scope = Scope::named(catalogue, name).ok_or(Complaint::Unknown)?;
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        match scopes.len() {
            0 => Err(Complaint::Nothing),
            1 => Ok(scopes),
            _ if settings.takes_several => Ok(scopes),
            _ => Err(Complaint::Several),
        }
    }
}

impl Complaint {
    /// The status of the page that says it.
    pub(super) const STATUS: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

    fn words(self) -> &'static str {
        match self {
            Self::Nothing => {
                "Rien n’est choisi\u{a0}: rien n’a été transmis à Moodle. Cochez un contenu, ou annulez."
            }
            Self::Several => {
                "Un seul contenu peut être placé ici\u{a0}: rien n’a été transmis à Moodle. Choisissez-en un."
            }
            Self::Unknown => {
                "Un des contenus choisis ne fait plus partie du cours\u{a0}: rien n’a été transmis à Moodle. Choisissez de nouveau."
            }
        }
    }
}

/// The course as boxes, some of them ticked.
struct Boxes<'a> {
    catalogue: &'a Catalogue,
    ticked: &'a [String],
}

impl PickerPage {
    /// The page, with what was sent still ticked and what there is to say of it.
    pub(super) fn new(
        state: &AppState,
        visitor: &Visitor,
        settings: &DeepLinkingSettings,
        sent: &Sent,
        complaint: Option<Complaint>,
    ) -> Self {
        let catalogue = &state.catalogue;
        let boxes = Boxes {
            catalogue,
            ticked: sent.ticked(),
        };
        let modules = catalogue.course.modules.iter().zip(1..);
        Self {
            // « Annuler » is the way out.
            frame: Frame {
                leave: None,
                ..Frame::new(state, visitor)
            },
            action: visitor.urls.deep_linking(),
            takes_links: settings.takes_links,
            takes_several: settings.takes_several,
            kind: if settings.takes_several {
                "checkbox"
            } else {
                "radio"
            },
            is_graded: settings.takes_line_item(),
            complaint,
            course: boxes.choice(Scope::Course, "Tout le cours", catalogue.course.minutes()),
            modules: modules
                .map(|(module, number)| boxes.module(module, number))
                .collect(),
        }
    }
}

impl Boxes<'_> {
    fn choice(&self, scope: Scope, title: impl Into<String>, minutes: u16) -> Choice {
        let facts = Facts {
            grains: scope.places(self.catalogue).count(),
            minutes,
        };
        Choice {
            value: scope.name(),
            title: title.into(),
            facts: match scope {
                Scope::Grain(_) => french::minutes(minutes),
                _ => facts.to_string(),
            },
            is_ticked: self.ticked.iter().any(|name| name == scope.name()),
        }
    }

    fn module(&self, module: &'static Module, number: usize) -> ModuleChoices {
        let title = format!("Module\u{a0}{number}\u{a0}: {}", module.title);
        let sequences = module.sequences.iter().zip(1..);
        let sequences: Vec<_> = sequences
            .map(|(sequence, number)| self.sequence(sequence, number))
            .collect();
        ModuleChoices {
            number,
            whole: self.choice(Scope::Module(module.id), title, module.minutes),
            is_open: sequences.iter().any(SequenceChoices::has_tick),
            sequences,
        }
    }

    fn sequence(&self, sequence: &'static Sequence, number: usize) -> SequenceChoices {
        let title = format!("Séquence\u{a0}{number}\u{a0}: {}", sequence.title);
        let grain =
            |grain: &'static Grain| self.choice(Scope::Grain(grain.id), grain.title, grain.minutes);
        SequenceChoices {
            whole: self.choice(Scope::Sequence(sequence.id), title, sequence.minutes),
            grains: sequence.grains.iter().map(grain).collect(),
        }
    }
}

impl SequenceChoices {
    fn has_tick(&self) -> bool {
        self.whole.is_ticked || self.grains.iter().any(|grain| grain.is_ticked)
    }
}
