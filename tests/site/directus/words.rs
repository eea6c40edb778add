//! `directus/tables.json`, the words that admins read, against the schema and the rights that are real.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sqlx::{PgPool, Row};

use super::{SHOWN, apply_role};

#[derive(Deserialize)]
struct Table {
    label: String,
    singular: String,
    plural: String,
    note: String,
    template: String,
    fields: BTreeMap<String, Field>,
}

#[derive(Deserialize)]
struct Field {
    label: String,
    note: String,
    kind: String,
    #[serde(default)]
    edit: serde_json::Value,
    #[serde(default)]
    choices: Vec<Choice>,
    to: Option<String>,
    of: Option<String>,
    by: Option<String>,
    #[serde(default)]
    columns: Vec<String>,
}

#[derive(Deserialize)]
struct Choice {
    value: String,
    text: String,
}

fn tables() -> BTreeMap<String, Table> {
    serde_json::from_str(include_str!("../../../directus/tables.json")).expect("tables.json")
}

/// Fields that are columns, as `table.column`.
fn columns() -> BTreeMap<String, Field> {
    let named = tables().into_iter().flat_map(|(table, words)| {
        let own = words.fields.into_iter();
        own.map(move |(name, field)| (format!("{table}.{name}"), field))
    });
    named.filter(|(_, field)| field.kind != "list").collect()
}

/// Two texts a row.
async fn pairs(pool: &PgPool, query: &'static str) -> BTreeMap<String, String> {
    let rows = sqlx::query(query).fetch_all(pool).await.expect("rows");
    let read = |row: &sqlx::postgres::PgRow| (row.get::<String, _>(0), row.get::<String, _>(1));
    rows.iter().map(read).collect()
}

/// `table.column` and its type, of the tables that admins see.
const COLUMNS: &str =
    "SELECT attrelid::regclass || '.' || attname, format_type(atttypid, NULL) FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '_sqlx_migrations'
    AND attnum > 0 AND NOT attisdropped";

/// `table.column` and the table that its foreign key names.
const LINKS: &str =
    "SELECT conrelid::regclass || '.' || attname, confrelid::regclass::text FROM pg_constraint
    JOIN pg_attribute ON attrelid = conrelid AND conkey = ARRAY[attnum]
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace";

/// `table.column` and the check that lists its values.
const CHECKS: &str = "SELECT conrelid::regclass || '.' || attname, pg_get_constraintdef(pg_constraint.oid) FROM pg_constraint
    JOIN pg_attribute ON attrelid = conrelid AND conkey = ARRAY[attnum]
    WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND pg_get_constraintdef(pg_constraint.oid) LIKE '%= ANY (ARRAY[%'";

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn every_column_that_admins_see_has_its_words_and_no_other(pool: PgPool) {
    let real: BTreeSet<_> = pairs(&pool, COLUMNS).await.into_keys().collect();
    let named: BTreeSet<_> = columns().into_keys().collect();
    assert_eq!(named, real, "tables.json (left) and the schema (right)");
    let shown: BTreeSet<_> = SHOWN.into_iter().map(str::to_owned).collect();
    assert_eq!(tables().into_keys().collect::<BTreeSet<_>>(), shown);
}

#[test]
fn words_are_careful_french() {
    let mut texts = Vec::new();
    for (name, table) in tables() {
        texts.extend(
            [table.label, table.singular, table.plural, table.note]
                .map(|text| (name.clone(), text)),
        );
        for (field, words) in table.fields {
            let at = format!("{name}.{field}");
            let choices = words.choices.into_iter().map(|choice| choice.text);
            texts.extend(
                [words.label, words.note]
                    .into_iter()
                    .chain(choices)
                    .map(|text| (at.clone(), text)),
            );
        }
    }
    assert!(texts.len() > 150, "{}", texts.len());
    for (at, text) in texts {
        assert!(!text.trim().is_empty(), "{at} says nothing");
        assert!(
            !text.contains('\''),
            "{at}: the apostrophe is ’ in « {text} »"
        );
        for sign in [" ;", " :", " ?", " !", "« ", " »"] {
            assert!(
                !text.contains(sign),
                "{at}: a no-break space is missing in « {text} »"
            );
        }
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_kind_of_a_field_suits_its_type(pool: PgPool) {
    let fields = columns();
    for (name, kind) in pairs(&pool, COLUMNS).await {
        let field = &fields[&name];
        let suits = match kind.as_str() {
            "timestamp with time zone" => field.kind == "moment",
            "boolean" => field.kind == "yes_no",
            "integer" => field.kind == "number",
            "bigint" => field.kind == "key",
            "uuid" => ["key", "link"].contains(&field.kind.as_str()),
            _ => ["line", "text", "choice", "link"].contains(&field.kind.as_str()),
        };
        assert!(suits, "{name}: {} for {kind}", field.kind);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn every_foreign_key_is_a_link_and_every_list_the_other_end_of_one(pool: PgPool) {
    let real = pairs(&pool, LINKS).await;
    let named: BTreeMap<_, _> = columns()
        .into_iter()
        .filter_map(|(name, field)| Some((name, field.to?)))
        .collect();
    assert_eq!(named, real, "tables.json (left) and foreign keys (right)");
    let tables = tables();
    for (table, words) in &tables {
        for (name, list) in words
            .fields
            .iter()
            .filter(|(_, field)| field.kind == "list")
        {
            let of = list.of.as_deref().expect("a table");
            let by = format!("{of}.{}", list.by.as_deref().expect("a column"));
            assert_eq!(real.get(&by), Some(table), "{table}.{name}");
            for column in &list.columns {
                assert!(
                    tables[of].fields.contains_key(column),
                    "{table}.{name}: {column}"
                );
            }
        }
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_column_with_listed_values_offers_exactly_those(pool: PgPool) {
    let checks = pairs(&pool, CHECKS).await;
    assert!(checks.len() >= 5, "{checks:?}");
    let mut offered = columns();
    offered.retain(|_, field| field.kind == "choice");
    assert_eq!(
        offered.keys().collect::<Vec<_>>(),
        checks.keys().collect::<Vec<_>>(),
        "choices (left) and checks (right)"
    );
    for (name, field) in offered {
        let listed: BTreeSet<_> = checks[&name].split('\'').skip(1).step_by(2).collect();
        let values: BTreeSet<_> = field
            .choices
            .iter()
            .map(|choice| choice.value.as_str())
            .collect();
        assert_eq!(values, listed, "{name}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn what_the_screen_lets_change_is_what_the_role_may_change(pool: PgPool) {
    apply_role(&pool).await;
    let rights = pairs(
        &pool,
        "SELECT attrelid::regclass || '.' || attname,
                CASE WHEN has_column_privilege('directus', attrelid, attnum, 'UPDATE') THEN 'true'
                     WHEN has_column_privilege('directus', attrelid, attnum, 'INSERT') THEN '\"creation\"'
                     ELSE 'null' END
         FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '_sqlx_migrations'
         AND attnum > 0 AND NOT attisdropped",
    )
    .await;
    let screen: BTreeMap<_, _> = columns()
        .into_iter()
        .map(|(name, field)| (name, field.edit.to_string()))
        .collect();
    assert_eq!(screen, rights, "tables.json (left) and role.sql (right)");
}

#[test]
fn a_template_names_fields_that_exist() {
    let tables = tables();
    for (name, table) in &tables {
        let names = table.template.split("{{").skip(1);
        for path in names.filter_map(|rest| rest.split("}}").next()) {
            let mut place = table;
            let mut steps = path.split('.').peekable();
            while let Some(step) = steps.next() {
                let field = place.fields.get(step);
                let field = field.unwrap_or_else(|| panic!("{name}: {path}"));
                if steps.peek().is_some() {
                    place = &tables[field.to.as_deref().expect("a link")];
                }
            }
        }
    }
}
