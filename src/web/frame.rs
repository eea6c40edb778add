//! What surrounds every page: header, name, overall bar, addresses.

use super::{
    session::{Visitor, launch::LaunchSession},
    state::AppState,
    urls::Urls,
};
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
    /// The platform's page of the course, when ours has taken its place in the window.
    pub way_back: Option<String>,
    /// Where the session is ended; only a session in a frame has such a button.
    pub leave: Option<String>,
    /// « Mes données »; `None` without a session, and in a dialog that has no room for it.
    pub my_data: Option<String>,
    /// The page of the class; only for those who may see it.
    pub class: Option<String>,
    /// What a teacher should know of this activity.
    pub remark: Option<&'static str>,
    /// Whether nothing can be finished at the moment.
    pub is_read_only: bool,
    /// Whether the page reloads itself when a new build answers.
    pub is_development: bool,
}

impl Frame {
    /// The frame of a page that is shown to `visitor`.
    pub fn new(state: &AppState, visitor: &Visitor) -> Self {
        let standing = visitor.standing.as_ref();
        let launch = visitor.launch();
        Self {
            learner_name: standing
                .map(|standing| standing.learner.display_name())
                .unwrap_or_default(),
            progress: standing.map(|standing| standing.completions.of_course()),
            way_back: launch
                .filter(|launch| !launch.is_framed)
                .and_then(|launch| launch.return_url.clone()),
            leave: launch.map(|_| visitor.urls.leave()),
            my_data: standing
                .filter(|_| launch.is_none_or(|launch| launch.deep_linking.is_none()))
                .map(|_| visitor.urls.my_data()),
            class: launch
                .filter(|launch| launch.class().is_some() && launch.deep_linking.is_none())
                .map(|_| visitor.urls.class()),
            remark: launch.and_then(remark),
            is_read_only: visitor.is_read_only,
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
            way_back: None,
            leave: None,
            my_data: None,
            class: None,
            remark: None,
            is_read_only: false,
            is_development: state.config.is_development(),
        }
    }
}

/// A teacher is told that their own reading is not graded, or that nobody's is.
fn remark(launch: &LaunchSession) -> Option<&'static str> {
    // Somebody who chooses what to place reads nothing yet.
    if !launch.role.can_see_class() || launch.deep_linking.is_some() {
        return None;
    }
    Some(match launch.is_graded {
        Some(false) => {
            "Vous enseignez dans ce cours. Les notes ne sont pas activées sur cette activité\u{a0}: \
             pour les recevoir, cochez dans ses réglages «\u{a0}Accepter les notes de l’outil\u{a0}»."
        }
        _ => {
            "Vous enseignez dans ce cours\u{a0}: ce que vous terminez ici n’est ni compté ni noté."
        }
    })
}
