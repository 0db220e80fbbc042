//! The README's table of keys and the JSON schema say what the table of keys says.

use std::fs;
use std::path::Path;

use super::*;
use crate::config::schema;

const BEGIN: &str = "<!-- keys -->\n";
const END: &str = "<!-- end of keys -->\n";

/// The table of keys for the README.
fn markdown() -> String {
    format!("| key | means | default |\n|---|---|---|\n{}", rows(&ROOT))
}

fn rows(table: &'static Table) -> String {
    let rows = table.keys.iter().filter(|key| key.is_offered()).map(|key| match key.table() {
        Some(inner) if inner.is_list() => format!("| `{}` | {} | |\n{}", inner.heading, inner.about, rows(inner)),
        Some(inner) => rows(inner),
        None => row(table, key),
    });
    rows.collect()
}

fn row(table: &Table, key: &Key) -> String {
    let name = format!("`{}.{}`", table.bare_heading(), key.name);
    let name = if key.presence == Presence::Required { format!("**{name}**") } else { name };
    let default = match key.presence {
        Presence::Default(default) => format!("`{default}` "),
        _ => String::new(),
    };
    format!("| {name} | {}{} | {default}|\n", key.about, choice(key))
}

/// The words or numbers to choose from, where the description does not name them.
fn choice(key: &Key) -> String {
    match &key.form {
        Form::Whole { least, most } if *most <= 100 => format!(" From {least} to {most}."),
        Form::Words(words) if !words().iter().all(|word| key.about.contains(&format!("`{word}`"))) => {
            let words: Vec<String> = words().iter().map(|word| format!("`{word}`")).collect();
            format!(" One of: {}.", words.join(", "))
        }
        _ => String::new(),
    }
}

/// `UPDATE_EXPECTED=1` rewrites the README's table.
#[test]
fn the_readme_has_this_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).expect("the README");
    let (before, rest) = readme.split_once(BEGIN).expect("the mark before the table of keys");
    let (table, after) = rest.split_once(END).expect("the mark after the table of keys");
    let expected = markdown();
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).expect("the README written");
    } else {
        let how = "UPDATE_EXPECTED=1 cargo test --lib the_readme_has_this_table";
        assert!(table == expected, "the README's table of keys is stale; to make it anew, run: {how}\n\n{expected}");
    }
}

#[test]
fn every_key_is_described_and_its_example_and_default_are_values() {
    for table in ROOT.all() {
        for key in table.keys.iter().filter(|key| key.is_offered()) {
            let name = format!("{} {}", table.heading, key.name);
            assert!(key.about.ends_with('.'), "{name} lacks its description");
            if key.table().is_none() {
                let property = schema::property(key);
                assert!(!property["examples"][0].is_null(), "{name}: the example is no value");
                assert!(property.get("default").is_none_or(|default| !default.is_null()), "{name}: no default");
                let valid = jsonschema::validator_for(&property).expect("a schema");
                assert!(valid.is_valid(&property["examples"][0]), "{name}: the example");
                assert!(property.get("default").is_none_or(|default| valid.is_valid(default)), "{name}: the default");
            }
        }
    }
}

#[test]
fn the_schema_has_every_key_and_no_other() {
    let schema = schema::schema();
    for table in ROOT.all().into_iter().skip(1) {
        let part = table.bare_heading().split('.').fold(&schema, |at, name| {
            let inner = if at.get("items").is_some() { &at["items"] } else { at };
            &inner["properties"][name]
        });
        let part = part.get("items").unwrap_or(part);
        let keys: Vec<&str> = part["properties"].as_object().expect("keys").keys().map(String::as_str).collect();
        let mut expected: Vec<&str> = table.offered().collect();
        expected.sort_unstable();
        assert_eq!(keys, expected, "{}", table.heading);
    }
}
