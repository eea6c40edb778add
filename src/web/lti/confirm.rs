//! When the browser keeps no cookie and does not say who posted a launch: the person is told whom
//! they will be, and presses a button. Nobody is made somebody else without noticing.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};

use crate::web::{
    error::PageError,
    frame::Frame,
    state::AppState,
    urls::{Urls, route},
};

#[derive(Template)]
#[template(path = "lti/confirm.html")]
struct ConfirmPage<'a> {
    frame: Frame,
    name: Option<&'a str>,
    platform_state: &'a str,
    token: &'a str,
    action: &'static str,
}

/// The page with the button, which sends the same launch from our own page, in a window of its own.
pub(super) fn ask(
    state: &AppState,
    platform_state: &str,
    token: &str,
    name: Option<&str>,
) -> Result<Response, PageError> {
    let page = ConfirmPage {
        frame: Frame::bare(state, Urls::default()),
        name,
        platform_state,
        token,
        action: route::LTI_LAUNCH,
    };
    Ok(Html(page.render()?).into_response())
}
