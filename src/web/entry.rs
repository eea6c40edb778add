//! `GET /e/{ticket}`: the one-time address of a new session.
//!
//! A tiny page that goes on by itself. What follows it is a navigation of our own page, which the
//! browser marks as such; and it tells whether the cookie of the launch came back.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Html,
};

use super::{
    error::PageError,
    frame::Frame,
    session::{
        SessionData,
        launch::{Ticket, urls_of_handle},
    },
    state::AppState,
    urls::Urls,
};

#[derive(Template)]
#[template(path = "pages/entry.html")]
struct EntryPage {
    frame: Frame,
    /// The first page of the session.
    href: String,
}

/// Lets the browser in, once.
pub(crate) async fn show(
    State(state): State<AppState>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
) -> Result<Html<String>, PageError> {
    let over = || PageError::NoSession { unsaved: None };
    let id = Ticket::from_text(ticket).handle(&state.config);
    let _turn = state.queue.turn().await.map_err(PageError::internal)?;
    let session = state.sessions.find_open(id).await?.ok_or_else(over)?;
    let launch = session.data.launch.as_ref().ok_or_else(over)?;
    let entered = launch
        .entered(&state.config, id, &headers, state.clock.now())
        .ok_or_else(over)?;
    let href = format!("{}{}", urls_of_handle(id).root(), entered.landing);
    let data = SessionData {
        launch: Some(entered),
        learner: session.data.learner,
    };
    let mut conn = state.db.acquire().await?;
    state.sessions.write(&mut conn, id, &data).await?;
    conn.keep().await?;
    let frame = Frame::bare(&state, Urls::default());
    Ok(Html(EntryPage { frame, href }.render()?))
}
