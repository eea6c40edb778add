//! The drawing of what is done: a module is an ear, its grains ripen one by one.
//!
//! Only an ornament: the words beside it say the same. Lengths are units of the `viewBox`.

use crate::progress::Progress;

/// Height of the drawing of the field.
const FIELD_HEIGHT: usize = 152;

/// More ears would stand too close together.
const MOST_EARS: usize = 12;

/// Distance between two rows of grains.
const ROW: usize = 16;

/// What the awns add above the uppermost grain, at most.
const AWNS: usize = 40;

/// The ears of all modules, side by side.
#[derive(Debug)]
pub(crate) struct Field {
    /// Width of the drawing.
    pub(crate) width: usize,
    /// One ear per module.
    pub(crate) ears: Vec<FieldEar>,
}

/// An ear at its place in the field.
#[derive(Debug)]
pub(crate) struct FieldEar {
    /// Distance from the left.
    pub(crate) x: usize,
    /// Lean, in degrees.
    pub(crate) tilt: i32,
    /// Size, in hundredths: tall ears are drawn smaller.
    pub(crate) percent: usize,
    /// The ear itself.
    pub(crate) ear: Ear,
}

/// An ear: grains in pairs on a stem, and one on top when their number is odd.
#[derive(Debug)]
pub(crate) struct Ear {
    /// Height of the lowest grains.
    pub(crate) stem: usize,
    /// Height of the uppermost grains.
    pub(crate) top: usize,
    /// Whether a single grain ends the ear.
    pub(crate) has_tip: bool,
    /// All grains, from below, left before right.
    pub(crate) grains: Vec<EarGrain>,
}

/// One grain of an ear.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct EarGrain {
    /// Symbol that draws it: `l`eft, `r`ight or `t`ip.
    pub(crate) side: &'static str,
    /// Height of its foot.
    pub(crate) y: usize,
    /// Whether it is gold.
    pub(crate) is_ripe: bool,
}

impl Field {
    /// A field with one ear per module.
    pub(crate) fn new(modules: impl Iterator<Item = Progress>) -> Self {
        const STEMS: [usize; 4] = [40, 54, 44, 34];
        const STEP: usize = 42;
        const MARGIN: usize = 44;
        const LEAST_WIDTH: usize = 214;

        let ears: Vec<_> = modules
            .take(MOST_EARS)
            .zip(STEMS.into_iter().cycle())
            .map(|(progress, stem)| Ear::new(progress, stem))
            .collect();
        let gaps = ears.len().saturating_sub(1);
        let width = LEAST_WIDTH.max(2 * MARGIN + gaps * STEP);
        let left = (width - gaps * STEP) / 2;
        let ears = ears.into_iter().enumerate();
        let ears = ears.map(|(rank, ear)| FieldEar {
            x: left + rank * STEP,
            tilt: tilt(rank, gaps),
            percent: (100 * FIELD_HEIGHT / ear.height()).min(100),
            ear,
        });
        Self {
            width,
            ears: ears.collect(),
        }
    }
}

/// Ears lean outwards, from 9 degrees left to 10 degrees right.
fn tilt(rank: usize, gaps: usize) -> i32 {
    let share = (19 * rank).checked_div(gaps).unwrap_or(9);
    i32::try_from(share).unwrap_or(9) - 9
}

impl Ear {
    /// The ear of a scope, on a stem of this height.
    pub(crate) fn new(progress: Progress, stem: usize) -> Self {
        let height_of = |rank: usize| stem + rank / 2 * ROW;
        let has_tip = progress.total % 2 == 1;
        let last = progress.total.saturating_sub(1);
        let grains = (0..progress.total).map(|rank| EarGrain {
            side: match rank % 2 {
                0 if has_tip && rank == last => "t",
                0 => "l",
                _ => "r",
            },
            y: height_of(rank),
            is_ripe: rank < progress.done,
        });
        Self {
            stem,
            top: height_of(last),
            has_tip,
            grains: grains.collect(),
        }
    }

    /// Height of the ear with its awns.
    pub(crate) fn height(&self) -> usize {
        self.top + AWNS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(done: usize, total: usize) -> Progress {
        Progress { done, total }
    }

    #[test]
    fn grains_ripen_from_below_and_an_odd_one_stands_on_top() {
        let ear = Ear::new(progress(2, 3), 34);
        let grain = |side, y, is_ripe| EarGrain { side, y, is_ripe };
        assert_eq!(
            ear.grains,
            [
                grain("l", 34, true),
                grain("r", 34, true),
                grain("t", 50, false)
            ]
        );
        assert_eq!((ear.top, ear.has_tip), (50, true));
        assert!(!Ear::new(progress(0, 4), 34).has_tip);
    }

    #[test]
    fn a_field_of_any_size_fits_its_drawing() {
        for (modules, grains) in [(0, 0), (1, 0), (1, 1), (4, 7), (6, 18), (40, 60)] {
            let field = Field::new((0..modules).map(|_| progress(1, grains)));
            assert!(field.ears.len() <= MOST_EARS);
            for ear in &field.ears {
                assert!(ear.x < field.width);
                assert!(ear.ear.height() * ear.percent <= 100 * FIELD_HEIGHT);
                assert!((-9..=10).contains(&ear.tilt));
            }
        }
    }
}
