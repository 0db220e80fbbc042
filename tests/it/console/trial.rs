//! The console in a real Chromium, while an edition is approved, sent and put right: by keyboard alone, without scripts, with
//! figures that move, and with hostile words everywhere. The steps are in `tests/browser/trial.mjs`, which reads what came of
//! each click back with the commands.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::browser::drive;
use crate::support::faketime;
use crate::support::fixture::{BASE, Fixture, three};
use crate::support::oracle::{Oracle, Said};
use crate::support::ports::free_port;
use crate::support::trials::is_long;

/// What a relay may say that is no more than text.
const HOSTILE: &str = "550 5.7.1 <img src=x onerror=alert(1)> \"quoted\" 'and' \u{202e}desrever\u{202c} \
                       DonaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaftDonaudampfschifffahrt";

/// A relay that knows some mailboxes by how their addresses begin.
fn relay() -> Oracle {
    let tried = Mutex::new(BTreeSet::new());
    Oracle::deciding(move |said: &Said<'_>| {
        let starts = |with: &str| said.line.starts_with(&format!("RCPT TO:<{with}"));
        if starts("gone") {
            return Some("550 5.1.1 there is no such mailbox");
        }
        if starts("later") {
            return Some("451 4.2.1 later");
        }
        if starts("hostile") {
            return Some(HOSTILE);
        }
        if starts("full") && tried.lock().unwrap().insert(said.line.to_owned()) {
            return Some("552 5.2.2 the mailbox is full");
        }
        (said.line == "DOT" && said.to.starts_with("unsure")).then_some("999 what")
    })
}

/// A service whose editions need approval, behind that relay.
fn service(relay: &Oracle, console: u16, per_second: usize) -> Fixture {
    let config = BASE
        .replace("anchor = 2026-09-07\n", "anchor = 2026-09-07\napproval = \"required\"\n")
        .replace("console_listen = \"127.0.0.1:0\"", &format!("console_listen = \"127.0.0.1:{console}\""))
        .replace("[schedule]", "operators = [\"officer@example.org\"]\n\n[schedule]");
    let mail = format!(
        "\n[mail]\ntransport = \"smtp://127.0.0.1:{}\"\ntls = \"none\"\nconnections = 2\nrate_per_second = {per_second}\n\
         on_uncertain = \"hold\"\n",
        relay.port
    );
    Fixture::new(&format!("{config}{mail}"))
}

/// What every step came to; `None` where there is no browser.
pub(super) fn tried(order: &Value) -> Option<Vec<Value>> {
    let steps = drive("trial.mjs", order)?;
    let failed: Vec<&Value> = steps.iter().filter(|step| !step["failed"].is_null()).collect();
    assert!(failed.is_empty(), "{failed:#?}\nof {steps:#?}");
    Some(steps)
}

#[test]
fn the_console_is_used_from_thursday_to_monday() {
    let Some(library) = faketime("the console in a browser") else { return };
    let (recipients, per_second) = if is_long() { (6_000, 200) } else { (240, 10) };
    let (relay, console) = (relay(), free_port());
    let fixture = service(&relay, console, per_second);
    let order = json!({
        "steps": "fortnight", "program": env!("CARGO_BIN_EXE_fortnightly"), "folder": fixture.path("."), "console": console, "library": library,
        "recipients": recipients,
    });
    let Some(steps) = tried(&order) else { return };
    assert_eq!(steps.len(), 16, "{steps:#?}");
    assert!(relay.asked().contains(&"copy@example.org".to_owned()), "no test copy");
    // Two editions went out, and one daemon was killed with four mails in hand at most.
    let schools: Vec<_> = relay.taken().into_iter().filter(|(to, _)| to.starts_with('s')).collect();
    let different = |mails: &[u64]| mails.iter().collect::<BTreeSet<_>>().len();
    let repeats: usize = schools.iter().map(|(_, mails)| mails.len() - different(mails)).sum();
    assert!(schools.iter().all(|(_, mails)| different(mails) <= 2) && repeats <= 4, "{repeats}: {schools:?}");
}

#[test]
fn an_officer_gets_from_her_mail_to_the_school_that_did_not_get_it() {
    let Some(library) = faketime("an officer's first Monday") else { return };
    let console = free_port();
    let config = BASE
        .replace("anchor = 2026-09-07\n", "anchor = 2026-09-07\napproval = \"required\"\n")
        .replace(
            "console_listen = \"127.0.0.1:0\"",
            &format!("console_listen = \"127.0.0.1:{console}\"\nconsole_url = \"http://127.0.0.1:{console}\""),
        )
        .replace("[schedule]", "operators = [\"officer@example.org\"]\n\n[schedule]");
    let mail =
        "\n[mail]\ntransport = \"smtp://127.0.0.1:RELAY\"\ntls = \"none\"\nconnections = 2\nrate_per_second = 12\n";
    let fixture = Fixture::new(&format!("{config}{mail}"));
    tried(&json!({
        "steps": "officer", "program": env!("CARGO_BIN_EXE_fortnightly"), "folder": fixture.path("."), "console": console,
        "library": library,
    }));
}

#[test]
fn a_writer_who_has_never_seen_markdown_writes_an_activity() {
    let Some(library) = faketime("a writer's first activity") else { return };
    let console = free_port();
    let config = BASE
        .replace("anchor = 2026-09-07\n", "anchor = 2026-09-07\napproval = \"required\"\n")
        .replace("console_listen = \"127.0.0.1:0\"", &format!("console_listen = \"127.0.0.1:{console}\""));
    let fixture = Fixture::new(&format!("{config}{}", three()));
    tried(&json!({
        "steps": "writer", "program": env!("CARGO_BIN_EXE_fortnightly"), "folder": fixture.path("."), "console": console,
        "library": library,
    }));
}
