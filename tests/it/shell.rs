//! Completions, manual pages and the schema of config.toml: all without a configuration.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::root;
use fortnightly::config;
use serde_json::{Value, json};

/// Runs the binary in an empty folder.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fortnightly"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "something was written");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_shell_gets_completions_that_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = stdout(&["completions", shell]);
        for word in ["subscribers", "activities", "--fortnights"] {
            let word = if shell == "fish" { word.trim_start_matches('-') } else { word };
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["completions", "csh"]).status.code(), Some(2));
}

#[test]
fn bash_takes_its_completions_and_completes_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("fortnightly.bash");
    fs::write(&script, stdout(&["completions", "bash"])).unwrap();
    assert!(Command::new("bash").arg("-n").arg(&script).status().unwrap().success());
    let ask = "source \"$1\"; COMP_WORDS=(fortnightly activ); COMP_CWORD=1; _fortnightly fortnightly activ fortnightly; echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", ask, "bash"]).arg(&script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "activities");
}

#[test]
fn each_command_has_a_manual_page() {
    assert!(stdout(&["man"]).contains(".TH fortnightly 1"));
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["man", "deep/pages"]);
    assert!(ran.status.success());
    let pages: Vec<PathBuf> =
        fs::read_dir(folder.path().join("deep/pages")).unwrap().map(|entry| entry.unwrap().path()).collect();
    for name in ["fortnightly", "fortnightly-send", "fortnightly-activities-new", "fortnightly-subscribers-import"] {
        assert!(pages.iter().any(|page| page.file_name().unwrap() == format!("{name}.1").as_str()), "no page {name}");
    }
    let has_groff = Command::new("groff").arg("--version").stdout(Stdio::null()).status().is_ok();
    for page in &pages {
        assert!(fs::read_to_string(page).unwrap().contains("\n.TH fortnightly"), "{}", page.display());
        if has_groff {
            let output = Command::new("groff").args(["-man", "-Tutf8", "-ww"]).arg(page).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{}", page.display());
        }
    }
}

fn schema() -> Value {
    serde_json::from_str(&stdout(&["schema"])).unwrap()
}

/// What a TOML file is to a JSON schema: dates and times are text.
fn as_json(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(moment) => moment.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(as_json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, as_json(value))).collect(),
        other => serde_json::to_value(other).unwrap(),
    }
}

fn read(file: &Path) -> Value {
    as_json(toml::Value::Table(fs::read_to_string(file).unwrap().parse().unwrap()))
}

fn toml_files(folder: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|ending| ending == "toml")).collect()
}

#[test]
fn the_schema_is_one_and_takes_every_good_configuration() {
    let schema = schema();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let mut files = toml_files("tests/fixtures/config/good");
    assert!(files.len() >= 4);
    files.push(root().join("config.toml"));
    for file in files {
        let errors: Vec<String> =
            validator.iter_errors(&read(&file)).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert_eq!(errors, [] as [String; 0], "{}", file.display());
    }
}

/// What no schema can see: quotes around dates (JSON has no others), other files, other keys, the calendar, names of time zones.
const BEYOND: [&str; 28] = [
    "bands-alike",
    "base-url-http",
    "base-url-login",
    "base-url-query",
    "bounce-too-long",
    "colour-too-light",
    "misspelt-timezone",
    "oidc-issuer-http",
    "oidc-issuer-query",
    "oidc-secret-missing",
    "password-alone",
    "password-file-missing",
    "password-file-useless",
    "quoted-dates",
    "store-postgres",
    "store-two-slashes",
    "subscriber-unknown-band",
    "timezone-british",
    "timezone-bst",
    "timezone-uk",
    "tls-none-far-away",
    "tls-none-with-smtps",
    "transport-bad-host",
    "transport-bad-port",
    "transport-with-login",
    "unknown-timezone",
    "username-alone",
    "zero-duration",
];

#[test]
fn the_schema_refuses_every_bad_configuration_that_is_toml() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    let mut refused = 0;
    let mut taken = Vec::new();
    for file in toml_files("tests/fixtures/config/bad") {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let Ok(table) = text.parse::<toml::Table>() else { continue };
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if validator.is_valid(&as_json(toml::Value::Table(table))) {
            taken.push(name);
        } else {
            refused += 1;
        }
    }
    taken.sort();
    assert_eq!(taken, BEYOND);
    assert!(refused > 40, "{refused}");
}

/// A configuration with every key that the schema has, but for the one of two that exclude each other.
fn everything() -> Value {
    let mut all = read(&root().join("tests/fixtures/config/good/contract.toml"));
    all["mail"]
        .as_object_mut()
        .unwrap()
        .retain(|key, _| key != "password_file" && key != "username" && key != "ca_file");
    all["service"]["logo"] = json!(root().join("tests/fixtures/face/logo.png"));
    // Any file that is there: what it holds is not looked at yet.
    all["mail"]["dkim"] =
        json!([{"domain": "example.org", "selector": "s1", "private_key_file": root().join("Cargo.toml")}]);
    all["web"]["oidc"] = json!({
        "issuer": "https://login.example.org/tenant", "client_id": "console", "ca_file": root().join("Cargo.toml"),
        "client_secret_file": root().join("tests/fixtures/config/secrets/smtp-password")
    });
    all
}

fn load(value: &Value) -> Result<config::Config, Vec<String>> {
    // JSON has no dates: what looks like one stands bare in TOML.
    let text = toml::to_string(value).unwrap();
    let bare: String = text
        .lines()
        .map(|line| match line.split_once(" = ") {
            Some((key @ ("anchor" | "from" | "to" | "on" | "send_at"), value)) if !value.contains('@') => {
                format!("{key} = {}\n", value.trim_matches('"'))
            }
            _ => format!("{line}\n"),
        })
        .collect();
    config::load_with(Path::new("config.toml"), &bare, std::iter::empty()).map_err(|found| {
        found.into_iter().filter(fortnightly::domain::diagnostic::Diagnostic::is_error).map(|f| f.to_string()).collect()
    })
}

/// Every object of the schema, with where its values stand in a configuration.
fn objects<'a>(schema: &'a Value, at: &str, into: &mut Vec<(String, &'a Value)>) {
    if let Some(items) = schema.get("items") {
        objects(items, &format!("{at}/0"), into);
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        into.push((at.to_owned(), schema));
        for (key, inner) in properties {
            objects(inner, &format!("{at}/{key}"), into);
        }
    }
}

#[test]
fn the_reader_requires_just_what_the_schema_requires_and_knows_every_key() {
    let schema = schema();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let whole = everything();
    assert_eq!(load(&whole).map(|_| ()), Ok(()));
    let mut all = Vec::new();
    objects(&schema, "", &mut all);
    assert!(all.len() >= 9, "{all:?}");
    let mut tried = 0;
    for (at, object) in all {
        let mut stranger = whole.clone();
        stranger.pointer_mut(&at).unwrap()["stranger"] = json!("x");
        assert!(!validator.is_valid(&stranger) && load(&stranger).is_err(), "{at}: an unknown key is taken");
        for key in object["properties"].as_object().unwrap().keys() {
            let mut without = whole.clone();
            // `bands` of the top may go only when nothing depends on what stands there.
            if without.pointer_mut(&at).unwrap().as_object_mut().unwrap().remove(key).is_none() {
                continue;
            }
            assert_eq!(validator.is_valid(&without), load(&without).is_ok(), "{at}/{key} left out");
            let mut wrong = whole.clone();
            wrong.pointer_mut(&at).unwrap()[key] = json!({"not": "this"});
            assert!(!validator.is_valid(&wrong) && load(&wrong).is_err(), "{at}/{key}: a table is taken");
            tried += 1;
        }
    }
    assert!(tried > 35, "{tried}");
}

#[test]
fn the_defaults_are_those_that_the_reader_takes() {
    let schema = schema();
    let minimal = read(&root().join("tests/fixtures/config/good/minimal.toml"));
    let mut explicit = minimal.clone();
    let mut count = 0;
    for (section, object) in schema["properties"].as_object().unwrap() {
        for (key, property) in object["properties"].as_object().into_iter().flatten() {
            if let Some(default) = property.get("default") {
                explicit[section][key] = default.clone();
                count += 1;
            }
        }
    }
    assert!(count >= 12, "{count}");
    let shown = |value: &Value| {
        let config = load(value).unwrap();
        format!("{:?}", config::Config { anchor_place: None, transport_place: None, ..config })
    };
    assert_eq!(shown(&explicit), shown(&minimal));
}
