//! The pages that learners read: one file per page, its struct and its handler side by side.
//!
//! The other files are parts that several pages share: bars, rows of grains, the outline,
//! the drawing of ears, the confirmation. Each is worded here, so that templates only place
//! it. What surrounds a page is `frame.rs`.

mod arrival;
pub(super) mod bar;
pub(crate) mod class;
mod confirmation;
mod drawing;
pub(crate) mod error;
pub(crate) mod grain;
mod grain_list;
pub(crate) mod home;
pub(crate) mod module;
pub(crate) mod my_data;
mod outline;
pub(crate) mod sequence;
mod step;
mod trail;
mod view;

/// The course title without what follows its colon, for tabs and narrow headers.
///
/// Templates call it, so that every page is named the same way.
pub(crate) fn short_title(title: &str) -> &str {
    title
        .split_once(':')
        .map_or(title, |(name, _)| name.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_cut_before_its_colon() {
        assert_eq!(short_title("Innover\u{a0}: de l’idée au projet"), "Innover");
        assert_eq!(short_title("Innover"), "Innover");
    }
}
