//! The page of an error: what happened, what is safe, a way onwards.

use askama::Template;

use super::drawing::Ear;
use crate::{
    progress::Progress,
    web::{error::Failure, frame::Frame},
};

#[derive(Template)]
#[template(path = "pages/error.html")]
struct ErrorPage<'a> {
    frame: Frame,
    failure: &'a Failure,
    request_id: &'a str,
    /// Empty where nothing was found, half ripe where work goes on.
    ear: Ear,
}

/// Writes the page of an error.
///
/// # Errors
/// Those of the template.
pub(crate) fn render(frame: Frame, failure: &Failure, request_id: &str) -> askama::Result<String> {
    let done = match failure.status.as_u16() {
        404 | 405 | 410 => 0,
        401 => 3,
        _ => 2,
    };
    let ear = Ear::new(Progress { done, total: 5 }, 34);
    ErrorPage {
        frame,
        failure,
        request_id,
        ear,
    }
    .render()
}
