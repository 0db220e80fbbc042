//! Who may use the console, by the commands: links that are good once, roles, and whom the audit names.

use crate::support::fixture::{BASE, Fixture, Ran};

const NOW: &str = "2026-11-25T12:00:00Z";
const LATER: &str = "2026-11-25T13:00:00Z";

fn fixture() -> Fixture {
    Fixture::new(BASE)
}

fn list(fixture: &Fixture) -> serde_json::Value {
    fixture.at(LATER, &["users", "list", "--json"]).exits(0).json()
}

/// The link on the last line.
fn link(ran: &Ran) -> String {
    ran.stdout.lines().last().unwrap().to_owned()
}

#[test]
fn a_user_is_added_with_a_link_and_changed_without() {
    let fixture = fixture();
    let added =
        fixture.at(NOW, &["users", "add", "Anna@team.example", "--role", "admin", "--name", "Anna Smith"]).exits(0);
    added.says("Anna@team.example may use the console as an admin.");
    added.says("good once and for 24 hours");
    let link = link(&added);
    let token = link.strip_prefix("http://127.0.0.1:0/sign-in/link/").unwrap_or_else(|| panic!("{link}"));
    assert!(token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()), "{token}");
    fixture.at(NOW, &["users", "add", "bob@team.example", "--role", "viewer"]).exits(0);
    let changed = fixture.at(NOW, &["users", "add", "BOB@team.example", "--role", "editor", "--name", "Bob"]).exits(0);
    changed.says("bob@team.example was changed (role: viewer → editor; name: bob → Bob).");
    assert!(!changed.stdout.contains("http"), "{}", changed.stdout);
    fixture.at(NOW, &["users", "add", "bob@team.example", "--role", "editor"]).exits(0).says("nothing changed");
    let expected = serde_json::json!([
        {"user": 1, "address": "Anna@team.example", "name": "Anna Smith", "role": "admin", "signs_in": null, "codes": false,
         "created": "2026-11-25T12:00:00+00:00", "last_seen": null},
        {"user": 2, "address": "bob@team.example", "name": "Bob", "role": "editor", "signs_in": null, "codes": false,
         "created": "2026-11-25T12:00:00+00:00", "last_seen": null},
    ]);
    assert_eq!(list(&fixture), expected);
    fixture.at(NOW, &["users", "list"]).exits(0).says("not yet: hasn't used the link");
}

#[test]
fn the_console_s_public_address_is_in_the_link() {
    let lines = "console_listen = \"127.0.0.1:0\"\n";
    let public = format!("{lines}console_url = \"https://console.example.org/team\"\n");
    let fixture = Fixture::new(&BASE.replace(lines, &public));
    let added = fixture.at(NOW, &["users", "add", "anna@team.example", "--role", "admin"]).exits(0);
    assert!(link(&added).starts_with("https://console.example.org/team/sign-in/link/"), "{}", added.stdout);
}

#[test]
fn the_last_admin_stays_while_there_are_others_and_the_last_of_all_may_go() {
    let fixture = fixture();
    for (address, role) in [("anna@team.example", "admin"), ("bob@team.example", "approver")] {
        fixture.at(NOW, &["users", "add", address, "--role", role]).exits(0);
    }
    for command in [&["remove", "anna@team.example"][..], &["add", "anna@team.example", "--role", "editor"]] {
        fixture.at(NOW, &[&["users"], command].concat()).exits(1).complains("anna is the only admin");
    }
    fixture.at(NOW, &["users", "remove", "bob@team.example"]).exits(0).says("signed out everywhere");
    fixture.at(NOW, &["users", "remove", "anna@team.example"]).exits(0).says("There are no users left");
    assert_eq!(list(&fixture), serde_json::json!([]));
    fixture.at(NOW, &["users", "remove", "anna@team.example"]).exits(1).complains("`fortnightly users list`");
    fixture.at(NOW, &["users", "reset", "anna@team.example"]).exits(1).complains("may use the console");
}

#[test]
fn what_is_no_role_or_no_name_is_refused() {
    let fixture = fixture();
    let add = |more: &[&str]| fixture.at(NOW, &[&["users", "add", "anna@team.example"], more].concat());
    add(&[]).exits(2);
    add(&["--role", "owner"]).exits(2).complains("viewer, editor, approver, admin");
    add(&["--role", "admin", "--name", "A\u{202E}nna"]).exits(2).complains("direction of text");
    assert_eq!(list(&fixture), serde_json::json!([]));
}

#[test]
fn the_audit_names_the_account_and_no_address() {
    let fixture = fixture();
    let as_account = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = fixture.command(&[&["--now", NOW], arguments].concat());
        command.env_remove("SUDO_USER").env_remove("USER").envs(variables.iter().copied());
        assert!(command.output().unwrap().status.success());
    };
    as_account(&[("USER", "root"), ("SUDO_USER", "anna")], &["users", "add", "carl@team.example", "--role", "admin"]);
    as_account(&[("USER", "bob")], &["users", "reset", "carl@team.example"]);
    as_account(&[("USER", "bob")], &["users", "remove", "carl@team.example"]);
    let status = fixture.at(NOW, &["status", "--audit", "--json"]).exits(0).json();
    let lines = status["audit"].as_array().unwrap().iter().filter(|line| line["subject"] == "user 1");
    let told: Vec<String> =
        lines.map(|line| format!("{} {} {} {}", line["actor"], line["action"], line["detail"], line["by"])).collect();
    assert_eq!(
        told,
        [
            r#""operator" "user-add" "carl, admin" "anna""#,
            r#""operator" "user-reset" "" "bob""#,
            r#""operator" "user-remove" "carl" "bob""#
        ]
    );
    let text = fixture.at(NOW, &["status", "--audit"]).exits(0);
    text.says("\tbob\tuser-remove\tuser 1\tcarl\n");
    assert!(!text.stdout.contains('@'), "{}", text.stdout);
}

#[test]
fn neither_the_log_nor_the_store_s_file_has_a_link() {
    let fixture = fixture();
    let added = fixture.at(NOW, &["-vv", "users", "add", "anna@team.example", "--role", "admin"]).exits(0);
    let token = link(&added).rsplit('/').next().unwrap().to_owned();
    assert!(!added.stderr.contains(&token) && !added.stderr.contains("team.example"), "{}", added.stderr);
    let file = std::fs::read(fixture.path("var/fortnightly.db")).unwrap();
    assert!(!file.windows(token.len()).any(|part| part == token.as_bytes()));
}
