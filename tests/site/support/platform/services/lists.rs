//! What is read in pages: results and the class list.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::offset};
use url::form_urlencoded;

use super::{FakeServices, refused, scripted};

/// The members that Moodle was seen to send.
pub(super) fn members() -> Vec<Value> {
    let member = |id: &str, role: &str, given: &str, family: &str, email: &str| {
        json!({
            "status": "Active", "roles": [role], "user_id": id, "lis_person_sourcedid": "",
            "name": format!("{given} {family}"), "given_name": given, "family_name": family,
            "email": email, "ext_user_username": email.split('@').next()
        })
    };
    vec![
        member("5", "Learner", "Noël", "D'Ornano", "eleve2@example.test"),
        member("4", "Learner", "Élodie", "Lefèvre", "eleve1@example.test"),
        member("3", "Instructor", "Hélène", "Marchand", "prof@example.test"),
        member("6", "Learner", "Zoé", "Çelik &amp; ", "eleve3@example.test"),
    ]
}

pub(super) async fn show_results(
    State(services): State<FakeServices>,
    Path((_, item)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if !services.takes(&headers) {
        return refused(401, "Unauthorized");
    }
    let mut ledger = services.ledger();
    ledger.result_requests.push(uri.to_string());
    let Some(maximum) = ledger.columns.get(&item).copied() else {
        return refused(404, "Not Found");
    };
    let wanted = query.get("user_id").filter(|_| ledger.filters_results);
    let results: Vec<_> = ledger
        .grades
        .iter()
        .filter(|((known, user), _)| *known == item && wanted.is_none_or(|wanted| wanted == user))
        .map(|((_, user), grade)| {
            let at = OffsetDateTime::from_unix_timestamp(grade.modified_at).expect("a time");
            let at = at.to_offset(offset!(+1));
            json!({
                "userId": user, "resultScore": grade.value, "resultMaximum": maximum,
                "timestamp": at.format(&Rfc3339).expect("a time"),
            })
        })
        .collect();
    let from = number(&query, "from").unwrap_or(0);
    paged(&services, &uri, &results, from, ledger.result_page)
}

pub(super) async fn show_members(
    State(services): State<FakeServices>,
    Query(query): Query<BTreeMap<String, String>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if !services.takes(&headers) {
        return refused(401, "Unauthorized");
    }
    let planned = {
        let mut ledger = services.ledger();
        let asked = uri.query().unwrap_or_default().to_owned();
        ledger.roster_requests.push(asked);
        ledger.roster_script.pop_front().flatten()
    };
    if let Some(answer) = planned {
        return scripted(&answer);
    }
    let ledger = services.ledger();
    let from = number(&query, "from").unwrap_or(0);
    let limit = number(&query, "limit").unwrap_or(usize::MAX);
    let mut response = paged(&services, &uri, &ledger.members, from, limit);
    let page: Vec<_> = ledger.members.iter().skip(from).take(limit).collect();
    let body = json!({
        "id": format!("{}{}", services.issuer, uri.path()),
        "context": { "id": "2", "label": "FRA1", "title": "Français 1re année" },
        "members": page,
    });
    *response.body_mut() = body.to_string().into();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

fn number(query: &BTreeMap<String, String>, name: &str) -> Option<usize> {
    query.get(name)?.parse().ok()
}

/// One page of a list, the address of the next one in its header.
fn paged(
    services: &FakeServices,
    uri: &Uri,
    entries: &[Value],
    from: usize,
    limit: usize,
) -> Response {
    let page: Vec<_> = entries.iter().skip(from).take(limit).cloned().collect();
    let next = from.saturating_add(page.len());
    let has_more = next < entries.len();
    let mut response = Json(page).into_response();
    if has_more {
        let asked = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let kept = asked.filter(|(name, _)| name != "from");
        let kept: String = kept
            .flat_map(|(name, value)| [name, "=".into(), value, "&".into()])
            .collect();
        let link = format!(
            "<{}{}?{kept}from={next}>; rel=\"next\"",
            services.issuer,
            uri.path()
        );
        let value = link.parse().expect("ASCII");
        response.headers_mut().insert(header::LINK, value);
    }
    response
}
