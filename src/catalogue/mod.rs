//! The course as authored: module > sequence > grain, compiled into the binary.
//!
//! Lookups, order and neighbours live here. Reading and checking the course folder is
//! `source.rs`, which only the build and its tests use; the copy of titles that
//! Directus shows is `store.rs`. The pages, the API and `progress` call this.

mod scope;
pub mod store;

use std::collections::HashMap;

pub use scope::Scope;

include!(concat!(env!("OUT_DIR"), "/course.rs"));

/// The whole course: titles and order, without the text of the grains.
#[derive(Debug)]
pub struct Course {
    /// Title on the home page and in the header.
    pub title: &'static str,
    /// One sentence under the title.
    pub subtitle: &'static str,
    /// Language of the course, as in `<html lang>`.
    pub language: &'static str,
    /// SPDX identifier of the licence of text and figures.
    pub license: &'static str,
    /// Modules in reading order.
    pub modules: &'static [Module],
}

/// A module: some sequences.
#[derive(Debug)]
pub struct Module {
    /// Stable identifier, as in the address.
    pub id: &'static str,
    /// Title as learners read it.
    pub title: &'static str,
    /// One sentence on what is learnt.
    pub summary: &'static str,
    /// Reading time of the whole module, in minutes.
    pub minutes: u16,
    /// Sequences in reading order.
    pub sequences: &'static [Sequence],
}

/// A sequence: some grains.
#[derive(Debug)]
pub struct Sequence {
    /// Stable identifier, as in the address.
    pub id: &'static str,
    /// Title as learners read it.
    pub title: &'static str,
    /// One sentence on what is learnt.
    pub summary: &'static str,
    /// Reading time of the whole sequence, in minutes.
    pub minutes: u16,
    /// Grains in reading order.
    pub grains: &'static [Grain],
}

/// A grain: five to ten minutes of reading.
#[derive(Debug)]
pub struct Grain {
    /// Stable identifier, as in the address.
    pub id: &'static str,
    /// Title as learners read it.
    pub title: &'static str,
    /// One sentence on what is learnt.
    pub summary: &'static str,
    /// Reading time, in minutes.
    pub minutes: u16,
    /// Logical name of the grain's own style-sheet, when it brings one.
    pub style: Option<&'static str>,
    /// Logical name of the grain's own script, when it brings one.
    pub script: Option<&'static str>,
}

/// Where a grain stands in the course.
///
/// Shape: ranks count from 0; `ordinal` runs through the whole course.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Rank among all grains of the course.
    pub ordinal: usize,
    /// Rank of its module in the course.
    pub module_rank: usize,
    /// Rank of its sequence in the module.
    pub sequence_rank: usize,
    /// Rank of the grain in its sequence.
    pub grain_rank: usize,
    /// The module around it.
    pub module: &'static Module,
    /// The sequence around it.
    pub sequence: &'static Sequence,
    /// The grain itself.
    pub grain: &'static Grain,
}

/// The course with its indexes: what answers every lookup without a query.
#[derive(Debug)]
pub struct Catalogue {
    /// The course that is indexed.
    pub course: &'static Course,
    places: Vec<Place>,
    ordinals: HashMap<&'static str, usize>,
}

impl Catalogue {
    /// Indexes `course`; cheap enough to be done once at start.
    pub fn new(course: &'static Course) -> Self {
        let mut places = Vec::new();
        for (module_rank, module) in course.modules.iter().enumerate() {
            for (sequence_rank, sequence) in module.sequences.iter().enumerate() {
                for (grain_rank, grain) in sequence.grains.iter().enumerate() {
                    let ordinal = places.len();
                    places.push(Place {
                        ordinal,
                        module_rank,
                        sequence_rank,
                        grain_rank,
                        module,
                        sequence,
                        grain,
                    });
                }
            }
        }
        let ordinals = places
            .iter()
            .map(|place| (place.grain.id, place.ordinal))
            .collect();
        Self {
            course,
            places,
            ordinals,
        }
    }

    /// The course that the build compiled in.
    pub fn compiled() -> Self {
        Self::new(&COURSE)
    }

    /// All living grains, in reading order.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The grain of this id, if it lives.
    pub fn grain(&self, id: &str) -> Option<&Place> {
        self.ordinals
            .get(id)
            .and_then(|&ordinal| self.places.get(ordinal))
    }

    /// The module of this id, with its rank from 0.
    pub fn module(&self, id: &str) -> Option<(usize, &'static Module)> {
        self.course
            .modules
            .iter()
            .enumerate()
            .find(|(_, module)| module.id == id)
    }

    /// The place of the first grain of the sequence of this id.
    ///
    /// The sequence, its module and their ranks are read from it.
    pub fn sequence(&self, id: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.sequence.id == id)
    }

    /// The grain before `place` in reading order.
    pub fn previous(&self, place: &Place) -> Option<&Place> {
        place
            .ordinal
            .checked_sub(1)
            .and_then(|ordinal| self.places.get(ordinal))
    }

    /// The grain after `place` in reading order.
    pub fn next(&self, place: &Place) -> Option<&Place> {
        self.places.get(place.ordinal + 1)
    }

    /// The grains of a module, in reading order.
    pub fn of_module<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Place> {
        self.places
            .iter()
            .filter(move |place| place.module.id == id)
    }

    /// The grains of a sequence, in reading order.
    pub fn of_sequence<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Place> {
        self.places
            .iter()
            .filter(move |place| place.sequence.id == id)
    }
}

impl Course {
    /// Reading time of the whole course, in minutes.
    pub fn minutes(&self) -> u16 {
        self.modules.iter().map(|module| module.minutes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_to_their_place_and_to_nothing_else() {
        let catalogue = Catalogue::compiled();
        let place = catalogue
            .grain("grain8")
            .expect("the real course has a grain8");
        assert_eq!(place.module.id, "module2");
        assert_eq!(place.sequence.id, "sequence3");
        assert_eq!(
            (place.module_rank, place.sequence_rank, place.grain_rank),
            (1, 0, 1)
        );
        assert!(catalogue.grain("grain0").is_none());
        assert!(catalogue.module("module9").is_none());
        assert_eq!(
            catalogue.sequence("sequence4").map(|place| place.grain.id),
            Some("grain11")
        );
    }

    #[test]
    fn neighbours_cross_the_borders_of_sequences_and_stop_at_the_ends() {
        let catalogue = Catalogue::compiled();
        let at = |id| catalogue.grain(id).expect("a grain of the real course");
        assert_eq!(
            catalogue.next(at("grain6")).map(|place| place.grain.id),
            Some("grain7")
        );
        assert_eq!(
            catalogue.previous(at("grain7")).map(|place| place.grain.id),
            Some("grain6")
        );
        assert!(catalogue.previous(at("grain1")).is_none());
        assert!(catalogue.next(at("grain29")).is_none());
    }

    #[test]
    fn minutes_of_the_course_are_those_of_its_modules() {
        assert_eq!(Catalogue::compiled().course.minutes(), 214);
    }
}
