//! For the host: does the process live, can it answer with data?

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use serde_json::json;

use super::state::AppState;
use crate::db;

/// How long the database has to give a sign of life.
const PATIENCE: Duration = Duration::from_secs(1);

/// 200 while the process lives, whatever the database does.
pub(crate) async fn live() -> impl IntoResponse {
    Json(json!({ "status": "ok" }))
}

/// 200 when a page can be answered, 503 when PostgreSQL is away.
pub(crate) async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    let ping = async {
        let mut conn = state.db.acquire().await?;
        db::store::ping(&mut conn).await?;
        conn.keep().await?;
        Ok::<_, sqlx::Error>(())
    };
    match tokio::time::timeout(PATIENCE, ping).await {
        Ok(Ok(())) => (StatusCode::OK, Json(json!({ "status": "ok" }))),
        _ => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "status": "database unavailable" })),
        ),
    }
}
