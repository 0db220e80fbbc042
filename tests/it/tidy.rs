//! The house's own rules: which part may know which, and how long a file may be.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file: its path below `src/`, and its code without tests and comments.
struct Source {
    path: String,
    code: String,
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Whether a file is compiled for tests alone.
fn is_test(file: &Path) -> bool {
    ["tests.rs", "testing.rs", "walks.rs", "clock_tests.rs"].iter().any(|name| file.ends_with(name))
}

/// What stands before the tests of a file.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text)
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    assert!(files.len() > 30, "the sources were not found");
    files.retain(|file| !is_test(file));
    files
        .iter()
        .map(|file| {
            let text = fs::read_to_string(file).unwrap();
            let is_comment = |line: &&str| line.trim_start().starts_with("//");
            let code: Vec<&str> = without_tests(&text).lines().filter(|line| !is_comment(line)).collect();
            Source { path: file.strip_prefix(&root).unwrap().display().to_string(), code: code.join("\n") }
        })
        .collect()
}

/// The part of the program that a file belongs to: its first folder, or its name.
fn part(path: &str) -> &str {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

#[test]
fn dependencies_point_one_way() {
    // Whom each part may name as `crate::…`, itself apart.
    let allowed: &[(&str, &[&str])] = &[
        ("domain", &[]),
        ("clock", &[]),
        ("config", &["domain"]),
        ("library", &["domain"]),
        ("editorial", &["domain", "library"]),
        ("render", &["domain"]),
        ("store", &["domain"]),
        ("mail", &["domain"]),
        ("app", &["domain", "clock", "config", "library", "editorial", "render", "store", "mail"]),
        ("messages", &["domain", "config", "app"]),
        ("web", &["domain", "clock", "config", "app", "messages"]),
        ("daemon", &["domain", "clock", "config", "app", "messages", "web"]),
        ("cli", &["domain", "clock", "config", "app", "messages", "store", "daemon"]),
        ("main", &[]),
        ("lib", &[]),
    ];
    let mut broken = Vec::new();
    for source in sources() {
        let part = part(&source.path);
        let (_, may) = allowed.iter().find(|(name, _)| *name == part).unwrap_or_else(|| panic!("unknown part {part}"));
        for (at, _) in source.code.match_indices("crate::") {
            let named: String =
                source.code[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let is_part = allowed.iter().any(|(name, _)| *name == named);
            if is_part && named != part && !may.contains(&named.as_str()) {
                broken.push(format!("{} names crate::{named}", source.path));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn each_tool_has_one_home() {
    // A word, and the parts that may say it.
    let homes: &[(&str, &[&str])] = &[
        ("rusqlite", &["store"]),
        ("lettre", &["mail"]),
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
    let mut broken = Vec::new();
    for source in sources() {
        for (word, parts) in homes {
            if source.code.contains(word) && !parts.contains(&part(&source.path)) {
                broken.push(format!("{} says {word}", source.path));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_domain_is_pure() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|s| part(&s.path) == "domain") {
        for word in ["std::fs", "std::net", "std::process", "tokio", "async fn", "Instant::now", "getrandom", "tracing"]
        {
            if source.code.contains(word) {
                broken.push(format!("{} says {word}", source.path));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn files_are_short_and_say_what_they_do() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    let mut broken = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let lines = without_tests(&text).lines().count();
        if lines > 400 && !is_test(&file) {
            broken.push(format!("{}: {lines} lines", file.display()));
        }
        if !text.starts_with("//!") && !text.starts_with("#![doc") {
            broken.push(format!("{}: the first line does not say what the file does", file.display()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_changelog_and_the_readme_name_every_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    for command in [
        "init",
        "check",
        "plan",
        "preview",
        "send",
        "run",
        "status",
        "sync",
        "subscribe",
        "unsubscribe",
        "subscribers",
        "suppressions",
        "bounce",
        "activities",
        "completions",
        "schema",
        "man",
    ] {
        assert!(readme.contains(&format!("`{command}")), "README.md does not name `{command}`");
    }
}
