//! « Mes données »: what is kept about the learner, why, since when, how long; a copy, and the end.
//!
//! The words of what is kept are `facts.rs`, the files `export.rs`, the end `erasure.rs`.

pub(crate) mod erasure;
pub(crate) mod export;
mod facts;

use askama::Template;
use axum::{extract::State, response::Html};

use super::trail::Trail;
use crate::{
    privacy::{self, Kept},
    progress::Standing,
    web::{error::PageError, frame::Frame, session::Visitor, state::AppState},
};
use facts::Fact;

#[derive(Template)]
#[template(path = "pages/my_data.html")]
struct MyDataPage {
    frame: Frame,
    trail: Trail,
    /// How long, and where copies remain.
    duration: String,
    /// What is kept of this learner; `None` without a session.
    own: Option<Own>,
}

/// What a learner sees of themselves.
struct Own {
    facts: Vec<Fact>,
    /// What goes with an erasure.
    losses: String,
    json: String,
    csv: String,
    erasure: String,
    /// What was typed instead of the word that confirms.
    mistyped: Option<String>,
}

/// `GET /my-data`
pub(crate) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Html<String>, PageError> {
    page(&state, &visitor, None).await
}

/// The page of this visitor; `mistyped` is what they typed in place of the word that confirms.
async fn page(
    state: &AppState,
    visitor: &Visitor,
    mistyped: Option<String>,
) -> Result<Html<String>, PageError> {
    let own = match &visitor.standing {
        Some(standing) => {
            let kept = kept(state, standing).await?;
            Some(Own {
                facts: facts::of(&kept, standing),
                losses: facts::losses(&kept),
                json: visitor.urls.my_data_json(),
                csv: visitor.urls.my_data_csv(),
                erasure: visitor.urls.my_data_erasure(),
                mistyped,
            })
        }
        None => None,
    };
    let trail = Trail::to("Mes données".to_owned());
    let page = MyDataPage {
        frame: Frame::new(state, visitor),
        trail: trail.through("Le cours".to_owned(), visitor.urls.home()),
        duration: facts::duration(state.config.retention_months),
        own,
    };
    Ok(Html(page.render()?))
}

/// All that is kept about a learner, who may have been erased a moment ago.
async fn kept(state: &AppState, standing: &Standing) -> Result<Kept, PageError> {
    let kept = privacy::collect(&state.db, standing.learner.id).await?;
    kept.ok_or(PageError::NoSession { unsaved: None })
}
