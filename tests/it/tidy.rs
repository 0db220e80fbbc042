//! The house's own rules: which room may know which, what a file may hold, and that the papers name every command.

mod code;
pub(crate) mod commands;
mod names;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fortnightly::domain::delivery::OutcomeKind;
use fortnightly::domain::edition::EditionState;
use fortnightly::domain::subscriber::MailboxState;

use crate::support::root;
use names::{Crate, Source};

static SRC: LazyLock<Crate> = LazyLock::new(Crate::read);

/// Whom each room may know, itself apart.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &[]),
    ("ordinary_file", &[]),
    ("output", &["ordinary_file"]),
    ("toml_form", &["domain"]),
    ("config", &["domain", "toml_form", "ordinary_file", "output", "pictures"]),
    ("pictures", &["domain"]),
    ("library", &["domain", "toml_form", "ordinary_file", "pictures"]),
    ("editorial", &["domain", "toml_form", "library"]),
    ("render", &["domain", "ordinary_file"]),
    ("store", &["domain", "ordinary_file"]),
    ("mail", &["domain"]),
    ("http_client", &[]),
    ("oidc", &["domain", "http_client"]),
    (
        "app",
        &[
            "domain",
            "clock",
            "output",
            "config",
            "library",
            "editorial",
            "render",
            "store",
            "mail",
            "oidc",
            "ordinary_file",
            "pictures",
        ],
    ),
    ("messages", &["domain", "output", "config", "oidc", "app"]),
    ("web", &["domain", "clock", "config", "render", "oidc", "app", "messages"]),
    ("daemon", &["domain", "clock", "config", "app", "messages", "web"]),
    ("cli", &["domain", "clock", "output", "config", "app", "messages", "daemon", "ordinary_file"]),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// Arrows that still climb. It must become empty.
const STILL_CLIMBING: &[(&str, &str)] = &[];

/// Files below the edge that still name a command to type. It must become empty.
const STILL_COMMANDING: &[&str] = &[];

/// Files in which the words of a reason still decide something. It must become empty.
const STILL_JUDGING: &[&str] = &[];

/// The room that a file belongs to: its first folder, or its name.
fn room(path: &str) -> &str {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

#[track_caller]
fn none(broken: &BTreeSet<String>) {
    assert!(broken.is_empty(), "{}", broken.iter().map(String::as_str).collect::<Vec<_>>().join("\n"));
}

/// The code of a file without its comments and tests, as text.
fn code(source: &Source) -> String {
    let text = source.text.split("#[cfg(test)]\nmod ").next().unwrap_or(&source.text);
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_name_is_found() {
    assert!(SRC.files.len() > 100 && SRC.ties.len() > 1_000, "the sources were not read");
    assert!(SRC.lost.is_empty(), "{}", SRC.lost.join("\n"));
}

#[test]
fn dependencies_point_one_way() {
    let mut broken = BTreeSet::new();
    for tie in &SRC.ties {
        let from = room(&tie.user);
        let (_, may) = ROOMS.iter().find(|(name, _)| *name == from).unwrap_or_else(|| panic!("unknown room {from}"));
        // Both count: where a name is defined, and who hands it on.
        let climbs = [&tie.home].into_iter().chain(&tie.through).find(|file| {
            let to = room(file);
            to != from && !may.contains(&to) && !STILL_CLIMBING.contains(&(from, to))
        });
        broken.extend(climbs.map(|file| format!("{} uses {} of {file}", tie.user, tie.name)));
    }
    none(&broken);
}

#[test]
fn files_do_not_go_round_in_circles() {
    let mut broken = BTreeSet::new();
    for circle in SRC.circles() {
        let ties = circle.iter().map(|tie| format!("  {} uses {} of {}", tie.user, tie.name, tie.home));
        broken.insert(format!("a circle:\n{}", ties.collect::<Vec<_>>().join("\n")));
    }
    none(&broken);
}

#[test]
fn each_tool_has_one_home() {
    // A word, and the rooms that may say it.
    let homes: &[(&str, &[&str])] = &[
        ("rusqlite", &["store"]),
        ("lettre", &["mail"]),
        ("ureq", &["http_client"]),
        ("jsonwebtoken", &["oidc"]),
        ("use image::", &["pictures"]),
        ("ab_glyph", &["pictures"]),
        ("handlebars", &["render", "web"]),
        ("mrml", &["render", "web"]),
        ("axum", &["web"]),
        ("std::env", &["config"]),
        ("env::var", &["config"]),
        ("anyhow", &["cli", "daemon", "main"]),
        ("tokio_cron_scheduler", &["daemon"]),
        ("Utc::now", &["clock"]),
        // A folder's own time is compared with the file system's clock, never with a schedule.
        ("SystemTime::now", &["clock", "mail"]),
        ("println!", &[]),
        ("todo!", &[]),
    ];
    let mut broken = BTreeSet::new();
    for source in &SRC.files {
        let code = code(source);
        for (word, rooms) in homes {
            if code.contains(word) && !rooms.contains(&room(&source.path)) {
                broken.insert(format!("{} says {word}", source.path));
            }
        }
    }
    none(&broken);
}

/// So that nobody decides about something that changed since it was shown: what is posted goes through `ask`, which looks at that in
/// one place. Only whoever signs in isn't shown anything first.
#[test]
fn every_form_of_the_console_is_declared_with_its_question() {
    const OPEN: [&str; 3] = ["web/console/ask.rs", "web/console/sign_in.rs", "web/console/first_visit.rs"];
    let mut broken = BTreeSet::new();
    for source in SRC.files.iter().filter(|source| source.path.starts_with("web/console/")) {
        let code = code(source).replace(' ', "");
        let posts = ["routing::post", "routing::{get,post", ".post("].iter().any(|word| code.contains(word));
        if posts && !OPEN.contains(&source.path.as_str()) {
            broken.insert(format!("{} posts without `ask`", source.path));
        }
    }
    none(&broken);
}

#[test]
fn the_domain_is_pure() {
    let impure = ["std::fs", "std::net", "std::process", "tokio", "async fn", "Instant::now", "getrandom", "tracing"];
    let mut broken = BTreeSet::new();
    for source in SRC.files.iter().filter(|source| room(&source.path) == "domain") {
        let code = code(source);
        broken.extend(impure.iter().filter(|word| code.contains(*word)).map(|w| format!("{} says {w}", source.path)));
    }
    none(&broken);
}

#[test]
fn files_are_short_and_say_what_they_do() {
    let mut broken = BTreeSet::new();
    for source in &SRC.files {
        let lines = source.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().lines().count();
        if lines > 400 {
            broken.insert(format!("{}: {lines} lines", source.path));
        }
        if !source.text.starts_with("//!") && !source.text.starts_with("#![doc") {
            broken.insert(format!("{}: the first line does not say what the file does", source.path));
        }
    }
    none(&broken);
}

#[test]
fn functions_are_short() {
    let mut broken = BTreeSet::new();
    for source in &SRC.files {
        for (name, lines) in &source.code.functions {
            if *lines > 60 {
                broken.insert(format!("{}::{name}: {lines} lines", source.path));
            }
        }
    }
    none(&broken);
}

#[test]
fn commands_to_type_are_named_at_the_edge_alone() {
    let mut broken = BTreeSet::new();
    for source in &SRC.files {
        // The diagnostics of a configuration and of templates say what to do, in their own rooms.
        let edge = ["cli", "web", "daemon", "messages", "config", "render"].contains(&room(&source.path));
        if edge || STILL_COMMANDING.contains(&source.path.as_str()) {
            continue;
        }
        for (line, text) in &source.code.texts {
            if text.contains("`fortnightly ") {
                broken.insert(format!("{}:{line} {text}", source.path));
            }
        }
    }
    none(&broken);
}

#[test]
fn no_state_stands_in_a_statement() {
    let mut words: Vec<String> =
        (0..=8).flat_map(|n| [format!("state = {n}"), format!("state <> {n}"), format!("state IN ({n}")]).collect();
    words.extend(EditionState::ALL.iter().map(|state| format!("'{state}'")));
    words.extend(MailboxState::ALL.iter().map(|state| format!("'{state}'")));
    words.extend(OutcomeKind::ALL.iter().map(|kind| format!("'{kind}'")));
    let mut broken = BTreeSet::new();
    for source in SRC.files.iter().filter(|source| room(&source.path) == "store") {
        for (line, text) in &source.code.texts {
            let found = words.iter().filter(|word| text.contains(word.as_str()));
            broken.extend(found.map(|word| format!("{}:{line} says {word}", source.path)));
        }
    }
    none(&broken);
}

#[test]
fn the_words_of_a_reason_decide_nothing() {
    let mut broken = BTreeSet::new();
    for source in SRC.files.iter().filter(|source| !STILL_JUDGING.contains(&source.path.as_str())) {
        broken.extend(source.code.judged.iter().map(|line| format!("{}:{line}", source.path)));
    }
    none(&broken);
}

#[test]
fn the_changelog_and_the_readme_name_every_command() {
    let root = root();
    let all = commands::of_the_binary();
    assert!(all.len() > 30, "{all:?}");
    let mut broken = BTreeSet::new();
    for paper in ["README.md", "CHANGELOG.md"] {
        let named = commands::named_in(&std::fs::read_to_string(root.join(paper)).unwrap());
        broken.extend(all.difference(&named).map(|command| format!("{paper} does not name `{command}`")));
    }
    none(&broken);
}
