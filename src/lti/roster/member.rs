//! What a class list says of one person. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    learner::MoodleUserId,
    lti::{
        Role,
        claims::{Claims, cleaned},
    },
};

/// Somebody on a class list (NRPS 2.0, section 2.2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// Who it is at the platform: the `sub` of their launches.
    pub id: MoodleUserId,
    /// Their name, when it is told.
    pub name: Option<String>,
    /// Their family name, when it is told.
    pub family_name: Option<String>,
    /// Their e-mail address, when it is told.
    pub email: Option<String>,
    /// What they are in the context.
    pub role: Role,
    /// Whether they belong to it at present.
    pub is_active: bool,
}

/// The people on a page of a list, each once; entries that name nobody are left out.
pub fn members(entries: &[Value]) -> Vec<Member> {
    let members = entries.iter().filter_map(Member::from_value);
    let by_id: BTreeMap<_, _> = members
        .map(|member| (member.id.as_str().to_owned(), member))
        .collect();
    by_id.into_values().collect()
}

impl Member {
    fn from_value(value: &Value) -> Option<Self> {
        let entry = Claims(value.as_object()?);
        let text = |name| entry.get(name).and_then(Value::as_str);
        let roles = entry.get("roles").and_then(Value::as_array);
        let roles = roles.into_iter().flatten().filter_map(Value::as_str);
        Some(Self {
            id: MoodleUserId::exact(text("user_id")?).ok()?,
            name: name(text),
            family_name: text("family_name").and_then(|text| decoded(text, 255)),
            email: text("email").and_then(|text| decoded(text, 320)),
            role: Role::from_roles(roles),
            // Without a word on it, they do.
            is_active: text("status").is_none_or(|status| status == "Active"),
        })
    }
}

fn name<'a>(text: impl Fn(&'static str) -> Option<&'a str>) -> Option<String> {
    text("name")
        .and_then(|text| decoded(text, 255))
        .or_else(|| {
            let parts = ["given_name", "family_name"]
                .map(|part| text(part).and_then(|text| decoded(text, 120)));
            let parts: Vec<_> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        })
}

/// Moodle writes names as HTML here, though not in launches.
fn decoded(text: &str, characters: usize) -> Option<String> {
    cleaned(&html_escape::decode_html_entities(text), characters)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn member(value: &Value) -> Option<Member> {
        members(std::slice::from_ref(value)).pop()
    }

    #[test]
    fn names_are_html_and_roles_are_short() {
        let zoe = member(&json!({
            "status": "Active", "roles": ["Learner"], "user_id": "6", "name": "Zoé &lt;b&gt; D&#039;Ornano &amp; ",
            "email": "eleve3@example.test"
        }))
        .expect("somebody");
        assert_eq!(zoe.name.as_deref(), Some("Zoé <b> D'Ornano &"));
        assert_eq!(zoe.role, Role::Learner);
        assert!(zoe.is_active);
    }

    #[test]
    fn a_name_may_come_in_parts_or_not_at_all() {
        let parts = json!({ "user_id": "6", "roles": [], "given_name": "Zoé", "family_name": "Çelik &amp; " });
        assert_eq!(
            member(&parts).expect("somebody").name.as_deref(),
            Some("Zoé Çelik &")
        );
        let none = member(&json!({ "user_id": "6" })).expect("somebody");
        assert_eq!(
            (none.name, none.role, none.is_active),
            (None, Role::Visitor, true)
        );
    }

    #[test]
    fn who_left_is_not_active() {
        for status in ["Inactive", "Deleted", ""] {
            let entry = json!({ "user_id": "6", "roles": ["Learner"], "status": status });
            assert!(!member(&entry).expect("somebody").is_active, "{status}");
        }
    }

    #[test]
    fn an_entry_that_names_nobody_is_left_out_and_one_that_comes_twice_counts_once() {
        let entries = [
            json!("6"),
            json!({ "user_id": 6 }),
            json!({ "user_id": "" }),
            json!({ "user_id": "a\u{0}" }),
            json!({ "user_id": "6", "roles": "Learner" }),
            json!({ "user_id": "6", "roles": ["Learner", 7, null] }),
        ];
        let found = members(&entries);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].role, Role::Learner);
    }
}
