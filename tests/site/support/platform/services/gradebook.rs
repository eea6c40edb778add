//! The gradebook: scores in.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{FakeServices, Grade, Hold, Posted, authorization, refused, scripted, text};

pub(super) async fn take(
    State(services): State<FakeServices>,
    Path((_, item)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let _inside = services.enter();
    services.pass(Hold::BeforeScore).await;
    let score: Value = serde_json::from_slice(&body).unwrap_or_default();
    let planned = services.ledger().score_script.pop_front();
    let response = match planned {
        Some(answer) => scripted(&answer),
        None => services.grade_by_the_rules(&item, uri.query(), &headers, &score),
    };
    services.ledger().posted.push(Posted {
        path: uri.to_string(),
        content_type: text(&headers, header::CONTENT_TYPE).to_owned(),
        authorization: authorization(&headers).to_owned(),
        body: score,
        status: response.status().as_u16(),
    });
    services.pass(Hold::AfterScore).await;
    response
}

impl FakeServices {
    /// What Moodle does with a score.
    fn grade_by_the_rules(
        &self,
        item: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        score: &Value,
    ) -> Response {
        let kind = text(headers, header::CONTENT_TYPE);
        if kind.split(';').next() != Some("application/vnd.ims.lis.v1.score+json") {
            return refused(400, "No handler found for /lineitem/scores");
        }
        if !self.takes(headers) {
            return refused(401, "Unauthorized");
        }
        if query != Some("type_id=4") {
            return refused(400, "Bad Request");
        }
        let mut ledger = self.ledger();
        let Some(maximum) = ledger.columns.get(item).copied() else {
            return refused(404, "Not Found");
        };
        let user = score["userId"].as_str().unwrap_or_default().to_owned();
        let at = score["timestamp"]
            .as_str()
            .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        let (Some(at), true) = (at, ledger.gradable.contains(&user)) else {
            return refused(400, &format!("Incorrect score received {user}"));
        };
        let (given, of) = (score["scoreGiven"].as_f64(), score["scoreMaximum"].as_f64());
        if given.is_some() && of.is_none() || !score["activityProgress"].is_string() {
            return refused(400, "Incorrect score received");
        }
        let key = (item.to_owned(), user.clone());
        let at = at.unix_timestamp();
        if ledger
            .grades
            .get(&key)
            .is_some_and(|grade| grade.modified_at >= at)
        {
            let words =
                format!("Refusing score with an earlier timestamp for item {item} and user {user}");
            return refused(409, &words);
        }
        let is_final = score["gradingProgress"] == "FullyGraded";
        let value = given.zip(of).filter(|_| is_final);
        let value = value.map(|(given, of)| (given / of * maximum).min(maximum));
        ledger.grades.insert(
            key,
            Grade {
                value,
                modified_at: at,
            },
        );
        StatusCode::OK.into_response()
    }
}
