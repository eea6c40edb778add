//! « Quitter »: `POST /session/end` below the root of a session in a frame, for a machine that
//! several people share.

use askama::Template;
use axum::{extract::State, response::Html};

use super::{error::PageError, frame::Frame, session::FramedSession, state::AppState, urls::Urls};

#[derive(Template)]
#[template(path = "pages/left.html")]
struct LeftPage {
    frame: Frame,
    way_back: Option<String>,
}

/// Ends the session; its address opens nothing any more.
pub(crate) async fn end(
    State(state): State<AppState>,
    session: FramedSession,
) -> Result<Html<String>, PageError> {
    let mut conn = state.db.acquire().await?;
    state.sessions.end(&mut conn, session.id).await?;
    conn.keep().await?;
    let launch = session.data.launch.as_ref();
    let page = LeftPage {
        frame: Frame::bare(&state, Urls::default()),
        way_back: launch.and_then(|launch| launch.return_url.clone()),
    };
    Ok(Html(page.render()?))
}
