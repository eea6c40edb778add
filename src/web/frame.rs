//! What surrounds every page: header, name, overall bar, addresses.

use super::{session::Visitor, state::AppState, urls::Urls};
use crate::progress::Progress;

/// What surrounds every page, and all that a grain may see.
///
/// Authors may use `frame.course_title` and `frame.learner_name` in a grain; the build
/// refuses any other field there.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Builds every address of the page.
    pub urls: Urls,
    /// Language of the page.
    pub language: &'static str,
    /// Title of the course.
    pub course_title: &'static str,
    /// SPDX identifier of the licence of text and figures.
    pub license: &'static str,
    /// What the learner is called; empty when the page is read without a session.
    pub learner_name: String,
    /// The overall bar; `None` without a session.
    pub progress: Option<Progress>,
    /// Whether the page reloads itself when a new build answers.
    pub is_development: bool,
}

impl Frame {
    /// The frame of a page that is shown to `visitor`.
    pub fn new(state: &AppState, visitor: &Visitor) -> Self {
        let standing = visitor.standing.as_ref();
        Self {
            learner_name: standing
                .map(|standing| standing.learner.display_name())
                .unwrap_or_default(),
            progress: standing.map(|standing| standing.completions.of_course()),
            ..Self::bare(state, visitor.urls.clone())
        }
    }

    /// The frame of a page that says one thing: an error, a refusal.
    pub fn bare(state: &AppState, urls: Urls) -> Self {
        let course = state.catalogue.course;
        Self {
            urls,
            language: course.language,
            course_title: course.title,
            license: course.license,
            learner_name: String::new(),
            progress: None,
            is_development: state.config.is_development(),
        }
    }
}
