//! What may arrive: anything, and what is almost good.

use proptest::{
    collection::{hash_map, vec},
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Value, json};

use crate::platform::{ISSUER, KID, NONCE, NOW};

/// Texts that mean something, or hurt.
const KNOWN: &[&str] = &[
    "",
    " ",
    "4",
    "none",
    "RS256",
    "HS256",
    "RSA",
    "EC",
    "enc",
    "sig",
    "crit",
    "cty",
    "zip",
    "jku",
    "jwk",
    "client-1",
    ISSUER,
    NONCE,
    KID,
    "1.3.0",
    "\0",
    "\u{feff}",
    "$Person.name",
    "javascript:alert(1)",
    "//evil.example",
    "https://evil.example/",
    "LtiDeepLinkingRequest",
    "LtiResourceLinkRequest",
    "grains/grain1",
    "’ « » \u{a0}",
    "a\r\nb",
    "https://moodle.example.org@evil.example/",
    "https://cours.example.org/grains/grain1",
];

/// Texts that somebody may send, those that hurt among them.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        select(KNOWN).prop_map(str::to_owned),
        any::<String>(),
        "[a-z0-9/:.?#-]{0,40}",
        (250_usize..600).prop_map(|length| "é".repeat(length)),
    ]
}

/// Any JSON, six levels deep at most.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let number = any::<f64>().prop_map(|number| json!(number));
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        number,
        (-100_i64..100).prop_map(|offset| json!(NOW.unix_timestamp() + offset)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            hash_map(text(), inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// What may stand in the place of something good; mostly of the same kind, so that it gets far.
fn replacement() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => text().prop_map(Value::from),
        2 => any_json(),
    ]
}

/// The members of an object, some of them replaced, taken away or added; so far down as its
/// members are objects.
pub(crate) fn changed(object: &'static Value) -> impl Strategy<Value = Value> {
    let change = (
        any::<Index>(),
        any::<Option<Index>>(),
        replacement(),
        any::<bool>(),
    );
    (vec(change, 1..3), prop::option::of((text(), replacement()))).prop_map(|(changes, more)| {
        let mut object = object.clone();
        for (which, inner, value, is_removed) in changes {
            change_member(&mut object, which, inner, value, is_removed);
        }
        if let Some((name, value)) = more {
            object[name] = value;
        }
        object
    })
}

fn change_member(
    object: &mut Value,
    which: Index,
    inner: Option<Index>,
    value: Value,
    is_removed: bool,
) {
    let Some(members) = object.as_object_mut().filter(|members| !members.is_empty()) else {
        return;
    };
    let names: Vec<_> = members.keys().cloned().collect();
    let name = which.get(&names);
    match inner {
        Some(inner) if members[name].is_object() => {
            change_member(&mut members[name], inner, None, value, is_removed);
        }
        _ if is_removed => drop(members.remove(name)),
        _ => members[name] = value,
    }
}

/// A text with some of its letters changed, taken away or doubled.
pub(crate) fn damaged(text: &'static str) -> impl Strategy<Value = String> {
    let letters = prop_oneof![any::<char>(), select(&['.', '=', 'A', '_', '-', '\0'][..])];
    vec((any::<Index>(), letters, 0..3_u8), 1..4).prop_map(|changes| {
        let mut letters: Vec<_> = text.chars().collect();
        for (place, letter, kind) in changes {
            let place = place.index(letters.len());
            match kind {
                0 => letters[place] = letter,
                1 => letters.insert(place, letter),
                _ => letters.truncate(letters.len().max(2) - 1 - place % 2),
            }
        }
        letters.into_iter().collect()
    })
}
