//! A part of the course: what an activity opens, and what its score counts.

use super::{Catalogue, Place};

/// The course, a module, a sequence or a grain.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Scope {
    /// All of it.
    Course,
    /// One module.
    Module(&'static str),
    /// One sequence.
    Sequence(&'static str),
    /// One grain.
    Grain(&'static str),
}

impl Scope {
    /// The scope of this kind (`course`, `module`, `sequence`, `grain`) and id, if the course has it.
    pub fn find(catalogue: &Catalogue, kind: &str, id: Option<&str>) -> Option<Self> {
        match (kind, id) {
            ("course", None) => Some(Self::Course),
            ("module", Some(id)) => catalogue
                .module(id)
                .map(|(_, module)| Self::Module(module.id)),
            ("sequence", Some(id)) => catalogue
                .sequence(id)
                .map(|place| Self::Sequence(place.sequence.id)),
            ("grain", Some(id)) => catalogue.grain(id).map(|place| Self::Grain(place.grain.id)),
            _ => None,
        }
    }

    /// The scope of this [`Scope::name`], if the course has it.
    pub fn named(catalogue: &Catalogue, name: &str) -> Option<Self> {
        if name == "course" {
            return Some(Self::Course);
        }
        ["module", "sequence", "grain"]
            .into_iter()
            .find_map(|kind| Self::find(catalogue, kind, Some(name)))
    }

    /// One word for it: its id, or `course`. No two scopes share one.
    pub fn name(self) -> &'static str {
        self.id().unwrap_or("course")
    }

    /// What kind of scope it is, as the database and the platforms are told.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Course => "course",
            Self::Module(_) => "module",
            Self::Sequence(_) => "sequence",
            Self::Grain(_) => "grain",
        }
    }

    /// Which one; `None` for the course.
    pub fn id(self) -> Option<&'static str> {
        match self {
            Self::Course => None,
            Self::Module(id) | Self::Sequence(id) | Self::Grain(id) => Some(id),
        }
    }

    /// The living grains of the scope, in reading order.
    pub fn places(self, catalogue: &Catalogue) -> impl Iterator<Item = &Place> {
        catalogue.places().iter().filter(move |place| match self {
            Self::Course => true,
            Self::Module(id) => place.module.id == id,
            Self::Sequence(id) => place.sequence.id == id,
            Self::Grain(id) => place.grain.id == id,
        })
    }

    /// Its title as learners read it.
    pub fn title(self, catalogue: &Catalogue) -> &'static str {
        self.words(catalogue).0
    }

    /// One sentence on what is learnt in it.
    pub fn summary(self, catalogue: &Catalogue) -> &'static str {
        self.words(catalogue).1
    }

    /// Title and summary.
    fn words(self, catalogue: &Catalogue) -> (&'static str, &'static str) {
        let course = catalogue.course;
        let first = self.places(catalogue).next();
        match (self, first) {
            (Self::Course, _) | (_, None) => (course.title, course.subtitle),
            (Self::Module(_), Some(place)) => (place.module.title, place.module.summary),
            (Self::Sequence(_), Some(place)) => (place.sequence.title, place.sequence.summary),
            (Self::Grain(_), Some(place)) => (place.grain.title, place.grain.summary),
        }
    }
}
