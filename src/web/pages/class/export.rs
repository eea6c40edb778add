//! What a teacher takes away: the class as a table, or as xAPI statements, piece by piece.

use axum::{
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream::{self, StreamExt};

use crate::{
    class::{
        export::{Batches, Entry, Naming, Statements, table_head, table_rows},
        store::find_context,
    },
    clock::in_paris,
    spreadsheet,
    web::{error::PageError, forms, session::CurrentTeacher, state::AppState},
};

/// `GET /class/export.csv`, with `?names=no` without names.
pub(crate) async fn csv(
    State(state): State<AppState>,
    teacher: CurrentTeacher,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let naming = naming(&state, &teacher, query.as_deref());
    let head = table_head(&naming);
    let catalogue = state.catalogue.clone();
    let write = move |entries: &[Entry]| table_rows(&catalogue, &naming, entries);
    let kind = spreadsheet::CONTENT_TYPE;
    download(&state, &teacher, "csv", kind, head, write).await
}

/// `GET /class/export.jsonl`, with `?names=no` without names.
pub(crate) async fn xapi(
    State(state): State<AppState>,
    teacher: CurrentTeacher,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let mut conn = state.db.acquire().await?;
    let context = find_context(&mut conn, teacher.context).await?;
    conn.keep().await?;
    let statements = Statements {
        site: state.config.api_url.clone(),
        context: context.ok_or(PageError::NotTeacher)?,
        naming: naming(&state, &teacher, query.as_deref()),
    };
    let catalogue = state.catalogue.clone();
    let write = move |entries: &[Entry]| statements.lines(&catalogue, entries);
    let kind = "application/jsonl; charset=utf-8";
    download(&state, &teacher, "jsonl", kind, Vec::new(), write).await
}

fn naming(state: &AppState, teacher: &CurrentTeacher, query: Option<&str>) -> Naming {
    let pairs = forms::pairs(query.unwrap_or_default().as_bytes());
    if forms::single(&pairs, "names") == Some("no") {
        Naming::Codes {
            secret: state.config.secret_key.clone(),
            context: teacher.context,
        }
    } else {
        Naming::Names
    }
}

/// A file that is written while it is read from the database. If the database fails in the middle,
/// the connection is cut: the browser says that the file is not whole.
async fn download(
    state: &AppState,
    teacher: &CurrentTeacher,
    extension: &str,
    kind: &'static str,
    head: Vec<u8>,
    write: impl Fn(&[Entry]) -> Vec<u8> + Send + 'static,
) -> Result<Response, PageError> {
    let batches = Batches::of(&state.db, &state.catalogue, teacher.context).await?;
    let rest = stream::try_unfold((batches, write), async |(mut batches, write)| {
        let entries = batches.next().await?;
        Ok::<_, sqlx::Error>(entries.map(|entries| (write(&entries), (batches, write))))
    });
    let head = stream::once(async { Ok(head) });
    let body = head.chain(rest).map(|piece| piece.map(Bytes::from));
    let today = in_paris(state.clock.now()).date();
    let name = format!("attachment; filename=\"classe-{today}.{extension}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}
