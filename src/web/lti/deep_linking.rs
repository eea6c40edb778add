//! `GET` and `POST /lti/deep-linking`, below the root of a session: a teacher chooses what to
//! place, and the platform is answered, once.

use askama::Template;
use axum::{
    body::Bytes,
    extract::State,
    http::HeaderMap,
    response::{Html, IntoResponse, Response},
};
use url::Url;

use super::{
    LaunchRefusal,
    picker::{Complaint, PickerPage, Sent},
};
use crate::{
    catalogue::Scope,
    lti::{
        self, Platform,
        deep_linking::{Answer, ContentItem, NO_ACTIVITY},
        keys,
        launch::DeepLinkingSettings,
    },
    sealing,
    web::{
        error::PageError,
        forms,
        frame::Frame,
        layers::FormTarget,
        session::{FramedSession, SessionData, Visitor, launch::LaunchSession},
        state::AppState,
        urls::Urls,
    },
};

/// The page that sends the answer: by itself where scripts run, else by its button.
#[derive(Template)]
#[template(path = "lti/auto_post.html")]
struct AutoPostPage<'a> {
    frame: Frame,
    /// What is placed.
    titles: Vec<&'static str>,
    action: &'a str,
    token: String,
}

/// Shows what can be placed.
pub(crate) async fn show(
    State(state): State<AppState>,
    visitor: Result<Visitor, PageError>,
) -> Result<Html<String>, PageError> {
    let visitor = visitor.map_err(or_over)?;
    let (_, settings) = dialog(visitor.session.as_deref())?;
    let nothing = Sent::Insert(Vec::new());
    let page = PickerPage::new(&state, &visitor, settings, &nothing, None);
    Ok(Html(page.render()?))
}

/// Answers the platform, and ends the session: what was chosen is sent once.
pub(crate) async fn answer(
    State(state): State<AppState>,
    visitor: Result<Visitor, PageError>,
    session: Result<FramedSession, PageError>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PageError> {
    let (visitor, session) = (visitor.map_err(or_over)?, session.map_err(or_over)?);
    let (launch, settings) = dialog(Some(&session.data))?;
    let sent = Sent::from_pairs(&forms::body_pairs(&headers, &body)?);
    let scopes = if settings.takes_links {
        sent.scopes(&state.catalogue, settings)
    } else {
        Ok(Vec::new())
    };
    let scopes = match scopes {
        Ok(scopes) => scopes,
        Err(complaint) => {
            let page = PickerPage::new(&state, &visitor, settings, &sent, Some(complaint));
            return Ok((Complaint::STATUS, Html(page.render()?)).into_response());
        }
    };
    let token = sign(&state, launch, settings, &scopes).await?;
    let page = AutoPostPage {
        frame: Frame::bare(&state, Urls::default()),
        titles: scopes
            .iter()
            .map(|scope| scope.title(&state.catalogue))
            .collect(),
        action: &settings.return_url,
        token,
    };
    let mut response = Html(page.render()?).into_response();
    if let Ok(url) = Url::parse(&settings.return_url) {
        let origin = url.origin().ascii_serialization();
        response.extensions_mut().insert(FormTarget(origin));
    }
    // Of two that came together, one has ended the session.
    let mut conn = state.db.acquire().await?;
    let is_first = state.sessions.end(&mut conn, session.id).await?;
    conn.keep().await?;
    if is_first {
        Ok(response)
    } else {
        Err(LaunchRefusal::dialog_over().into())
    }
}

/// The signed answer.
async fn sign(
    state: &AppState,
    launch: &LaunchSession,
    settings: &DeepLinkingSettings,
    scopes: &[Scope],
) -> Result<String, PageError> {
    let now = state.clock.now();
    let platform = find_platform(state, launch).await?;
    let items = scopes.iter().map(|scope| {
        let url = state.config.absolute(&Urls::default().of(*scope));
        ContentItem::new(&state.catalogue, *scope, url, settings)
    });
    let answer = Answer {
        platform: &platform,
        deployment: launch.deployment.as_deref().unwrap_or_default(),
        settings,
        items: items.collect(),
        problem: (!settings.takes_links).then_some(NO_ACTIVITY),
    };
    let nonce = sealing::random_text().map_err(PageError::internal)?;
    let key = keys::signing_key(&state.db, &state.config.secret_key, now).await?;
    key.sign(&answer.claims(&nonce, now))
        .map_err(PageError::internal)
}

/// The platform whose dialog this is.
async fn find_platform(state: &AppState, launch: &LaunchSession) -> Result<Platform, PageError> {
    let over = || LaunchRefusal::dialog_over();
    let id = launch.platform.ok_or_else(over)?;
    let mut conn = state.db.acquire().await?;
    let platform = lti::store::find_platform(&mut conn, id).await?;
    conn.keep().await?;
    Ok(platform.ok_or_else(over)?)
}

/// What a session knows of its dialog; others have no business here.
fn dialog(
    session: Option<&SessionData>,
) -> Result<(&LaunchSession, &DeepLinkingSettings), PageError> {
    let launch = session.and_then(|session| session.launch.as_ref());
    let settings = launch.and_then(|launch| launch.deep_linking.as_ref());
    launch.zip(settings).ok_or(PageError::NotFound)
}

/// Without its session, a dialog is over.
fn or_over(error: PageError) -> PageError {
    match error {
        PageError::NoSession { .. } => LaunchRefusal::dialog_over().into(),
        error => error,
    }
}
