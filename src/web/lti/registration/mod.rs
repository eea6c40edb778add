//! `GET /lti/registration`: an admin of a platform follows our invitation, the platform opens this
//! page in a frame of its own, and all happens at once.

mod refusal;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Response},
};
use url::Url;

use crate::{
    lti::{
        PlatformId,
        registration::{self, RegistrationError, RegistrationRequest, Tool},
    },
    web::{
        assets,
        error::PageError,
        forms,
        frame::Frame,
        layers::FrameAncestor,
        pages,
        state::AppState,
        urls::{Urls, route},
    },
};

/// The picture that platforms show beside the course.
const LOGO: &str = "img/favicon.svg";

#[derive(Template)]
#[template(path = "lti/registered.html")]
struct RegisteredPage {
    frame: Frame,
    /// The beginning of the platform's id, as the command line takes it.
    short_id: String,
}

/// Registers the platform that opened the page.
///
/// It is not known yet, so this answer alone may stand in a frame of its pages.
pub(crate) async fn receive(State(state): State<AppState>, RawQuery(query): RawQuery) -> Response {
    let pairs = forms::pairs(query.unwrap_or_default().as_bytes());
    // Before the platform hears of it: it would keep what we could not.
    let is_read_only = state.read_only.is_on(&state.db, state.clock.now()).await;
    let mut response = if is_read_only {
        PageError::ReadOnly { grain: None }.into_response()
    } else {
        match register(&state, &pairs).await {
            Ok(id) => registered(&state, id).into_response(),
            Err(error) => {
                tracing::warn!(
                    cause = refusal::cause(&error),
                    "a platform was not registered"
                );
                PageError::from(error).into_response()
            }
        }
    };
    if let Some(origin) = origin_of_platform(&pairs) {
        response.extensions_mut().insert(FrameAncestor(origin));
    }
    response
}

async fn register(
    state: &AppState,
    pairs: &[(String, String)],
) -> Result<PlatformId, RegistrationError> {
    let request = RegistrationRequest::from_pairs(pairs)?;
    let now = state.clock.now();
    registration::register(&state.platforms, &state.db, &request, &tool(state), now).await
}

/// This site, as platforms are to know it.
fn tool(state: &AppState) -> Tool {
    let config = &state.config;
    let course = state.catalogue.course;
    let origin = config.origin();
    let domain = origin.split_once("://").map_or("", |(_, domain)| domain);
    Tool {
        name: pages::short_title(course.title).to_owned(),
        description: course.subtitle.to_owned(),
        domain: domain.to_owned(),
        login_url: config.absolute(route::LTI_LOGIN),
        launch_url: config.absolute(route::LTI_LAUNCH),
        keys_url: config.absolute(route::JWKS),
        logo_url: config.absolute(&assets::stable_address(LOGO)),
    }
}

fn registered(state: &AppState, id: PlatformId) -> Result<Html<String>, PageError> {
    let page = RegisteredPage {
        frame: Frame::bare(state, Urls::default()),
        short_id: id.0.to_string().chars().take(8).collect(),
    };
    Ok(Html(page.render()?))
}

/// Where the page that holds ours in a frame comes from.
fn origin_of_platform(pairs: &[(String, String)]) -> Option<String> {
    let url = Url::parse(forms::single(pairs, "openid_configuration")?).ok()?;
    let is_web = matches!(url.scheme(), "https" | "http");
    is_web.then(|| url.origin().ascii_serialization())
}
