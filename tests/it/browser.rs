//! Pages and digests in a real Chromium: accessible, whole at every width, and without a word to anyone else.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::fixture::{BASE, Fixture, Mail, Running, entry, three, until};
use crate::support::http::{ask, daemon};
use crate::support::sending::{CORRECTION, SEND_WARNING, WARNING, WARNING_TEXT};
use crate::support::{root, skipped};

/// The results of some tasks (see `tests/browser/check.mjs`); `None`, said loudly, where there is no browser.
pub(crate) fn browse(tasks: &Value) -> Option<Vec<Value>> {
    let results = drive("check.mjs", tasks)?;
    for result in &results {
        assert!(result.get("failed").is_none(), "{}", result["failed"]);
    }
    Some(results)
}

/// What a script of `tests/browser` found; `None`, said loudly, where there is no browser.
pub(crate) fn drive(script: &str, order: &Value) -> Option<Vec<Value>> {
    let node = Command::new("node").arg("--version").output();
    let browser = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let missing = match node {
        Err(_) => Some("node is not installed: install nodejs and npm".to_owned()),
        Ok(_) if !Path::new(&browser).exists() => Some("chromium is not installed".to_owned()),
        Ok(_) if !root().join("tests/browser").join("node_modules").exists() => {
            Some("its parts are missing: run `npm ci --ignore-scripts` in tests/browser".to_owned())
        }
        Ok(_) => None,
    };
    if let Some(missing) = missing {
        skipped("pages in a browser", &missing);
        return None;
    }
    let mut check = Command::new("node")
        .arg(root().join("tests/browser").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    check.stdin.take().unwrap().write_all(order.to_string().as_bytes()).unwrap();
    let output = check.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    Some(serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}")))
}

/// Looks at every page, narrow and wide, light and dark.
fn all_ways(pages: &[Value]) -> Value {
    let mut tasks = Vec::new();
    for page in pages {
        for (width, dark) in [(360, false), (360, true), (1280, false), (1280, true)] {
            let mut task = page.clone();
            task["do"] = json!("look");
            task["width"] = json!(width);
            task["dark"] = json!(dark);
            tasks.push(task);
        }
    }
    Value::Array(tasks)
}

#[track_caller]
pub(crate) fn is_clean(tasks: &Value, results: &[Value]) {
    for (task, result) in tasks.as_array().unwrap().iter().zip(results) {
        let what = format!("{} at {}, dark: {}", task["url"], task["width"], task["dark"]);
        assert_eq!(result["violations"], json!([]), "{what}");
        assert!(result["checked"].as_u64().unwrap() > 5, "{what}: nothing was checked: {result}");
        assert_eq!(
            (&result["overflow"], &result["foreign"], &result["errors"]),
            (&json!(0), &json!([]), &json!([])),
            "{what}"
        );
    }
}

/// A service that has sent two editions and a bulletin, its daemon, and the front of every address.
pub(crate) fn served() -> (Fixture, Running, String) {
    let all = "[\"4-5\", \"5-7\", \"8-10\", \"11-14\", \"14+\"]";
    let fixture = Fixture::new(&format!("{BASE}{}{}", three(), entry("All", "school", "\"all@school.example\"", all)));
    fixture.at("2026-11-16T08:00:00Z", &["send"]).exits(0);
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    fixture.write(WARNING, WARNING_TEXT);
    fixture.at("2026-11-30T08:10:00Z", SEND_WARNING).exits(0);
    let (daemon, port) = daemon(&fixture);
    (fixture, daemon, format!("http://127.0.0.1:{port}"))
}

/// The address of a link in the newest mail to `to`, by what stands before its token.
pub(crate) fn link(fixture: &Fixture, base: &str, to: &str, part: &str) -> String {
    let mails: Vec<Mail> =
        fixture.mails().into_iter().filter(|mail| mail.to == to && mail.text.contains(part)).collect();
    format!("{base}{}", mails.last().expect("a mail").path(part))
}

fn an_activity(base: &str) -> String {
    let port = base.rsplit(':').next().unwrap().parse().unwrap();
    let (_, body) = ask(port, "GET", "/editions/7", "");
    let path = body.split("https://activities.example.org/activities/").nth(1).unwrap().split('"').next().unwrap();
    format!("{base}/activities/{path}")
}

#[test]
fn every_page_is_accessible_at_every_width_light_and_dark() {
    let (fixture, _daemon, base) = served();
    let to = "hello@lantern.example";
    let pages = [
        format!("{base}/"),
        format!("{base}/editions/7"),
        format!("{base}/editions/7?bands=8-10"),
        an_activity(&base),
        format!("{base}/bulletins/warning"),
        format!("{base}/embed"),
        link(&fixture, &base, to, "/u/"),
        link(&fixture, &base, to, "/preferences/"),
    ];
    let pages: Vec<Value> = pages.iter().map(|url| json!({ "url": url })).collect();
    let tasks = all_ways(&pages);
    let Some(results) = browse(&tasks) else { return };
    is_clean(&tasks, &results);
    let port = base.rsplit(':').next().unwrap().parse().unwrap();
    let html = |page: &Value| ask(port, "GET", page["url"].as_str().unwrap().trim_start_matches(&base), "").1;
    let valid: Vec<Value> = pages.iter().map(|page| json!({ "do": "validate", "html": html(page) })).collect();
    for (page, result) in pages.iter().zip(browse(&json!(valid)).unwrap()) {
        assert_eq!(result["messages"], json!([]), "{page}");
    }
    // What is not there is a page of ours, too; the browser notes its status as an error.
    let lost = all_ways(&[json!({ "url": format!("{base}/nowhere") }), json!({ "url": format!("{base}/u/wrong") })]);
    for result in browse(&lost).unwrap() {
        assert_eq!((&result["violations"], &result["overflow"]), (&json!([]), &json!(0)), "{result}");
    }
}

#[test]
fn the_rig_finds_what_it_looks_for() {
    let bad = "<!doctype html><html><body style='margin:0'><img src='https://elsewhere.example/x.png'>\
               <p style='color:#bbb;background:#ccc;width:2000px'>Faint and wide</p><script>nowhere()</script></body></html>";
    let tasks = json!([
        { "do": "look", "html": bad, "width": 360, "dark": false },
        { "do": "validate", "html": "<!doctype html><html lang='en'><head><title>x</title></head><body><p><div></p></body></html>" },
        { "do": "frame", "url": "data:text/html,x", "height": 200 },
    ]);
    let Some(results) = browse(&tasks) else { return };
    let ids: Vec<&str> =
        results[0]["violations"].as_array().unwrap().iter().map(|v| v["id"].as_str().unwrap()).collect();
    for id in ["image-alt", "color-contrast", "html-has-lang"] {
        assert!(ids.contains(&id), "{id} was not found: {ids:?}");
    }
    assert!(results[0]["overflow"].as_i64().unwrap() > 0);
    assert_eq!(results[0]["foreign"], json!(["https://elsewhere.example/x.png"]));
    assert!(!results[0]["errors"].as_array().unwrap().is_empty());
    assert!(!results[1]["messages"].as_array().unwrap().is_empty());
}

#[test]
fn leaving_and_changing_work_with_a_finger_and_without_scripts() {
    let (fixture, _daemon, base) = served();
    let to = "hello@lantern.example";
    let preferences = link(&fixture, &base, to, "/preferences/");
    let tick = json!([{ "untick": "[value='8-10']" }, { "tick": "[value='14+']" }, { "click": "button" }]);
    let change = json!([{ "do": "press", "url": preferences, "script": false, "steps": tick }]);
    let Some(changed) = browse(&change) else { return };
    assert!(changed[0]["text"].as_str().unwrap().contains("look into the mailbox"), "{changed:?}");
    until("the letter is there", || fixture.mails().iter().any(|mail| mail.message_id.starts_with("e0-")));
    let press = |url: String| json!({ "do": "press", "url": url, "script": false, "steps": [{ "click": "button" }] });
    let confirm = link(&fixture, &base, to, "/confirm/");
    let both = json!([
        { "do": "look", "url": confirm, "width": 360, "dark": true },
        press(confirm.clone()),
        press(link(&fixture, &base, to, "/u/")),
    ]);
    let done = browse(&both).unwrap();
    assert_eq!(done[0]["violations"], json!([]));
    assert!(done[1]["text"].as_str().unwrap().contains("The age groups are changed"), "{done:?}");
    assert!(done[2]["text"].as_str().unwrap().contains("no more of these emails"), "{done:?}");
    let shown = fixture.run(&["subscribers", "show", to, "--json"]).exits(0).json();
    let mailbox = &shown["mailboxes"][0];
    assert_eq!((&mailbox["bands"], &mailbox["suppressed"]), (&json!(["14+"]), &json!("unsubscribed")));
}

#[test]
fn the_quick_exit_leaves_no_way_back() {
    let (_fixture, _daemon, base) = served();
    let mut tasks = Vec::new();
    let pages = [format!("{base}/"), format!("{base}/editions/7"), an_activity(&base), format!("{base}/nowhere")];
    for url in &pages {
        for how in ["click", "key", "tab", "plain"] {
            tasks.push(json!({ "do": "exit", "url": url, "how": how }));
        }
    }
    let Some(results) = browse(&json!(tasks)) else { return };
    for (task, result) in tasks.iter().zip(results) {
        assert_eq!(result["left"], "https://www.bbc.co.uk/weather", "{task}");
        let back = if task["how"] == "plain" { task["url"].as_str().unwrap() } else { "https://before.example/" };
        assert_eq!(result["back"], back, "{task}");
    }
}

#[test]
fn an_activity_prints_on_one_sheet_and_only_the_embed_is_framed() {
    let (_fixture, _daemon, base) = served();
    let port: u16 = base.rsplit(':').next().unwrap().parse().unwrap();
    let (_, body) = ask(port, "GET", "/editions/7", "");
    let mut paths: Vec<&str> =
        body.split("https://activities.example.org").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    paths.retain(|path| path.starts_with("/activities/"));
    paths.sort_unstable();
    paths.dedup();
    let mut tasks: Vec<Value> =
        paths.iter().map(|path| json!({ "do": "pdf", "url": format!("{base}{path}") })).collect();
    let sheets = tasks.len();
    assert_eq!(paths.iter().filter(|path| !path.contains(".svg")).count(), 5);
    for path in ["/embed", "/embed?bands=14%2B&items=1", "/", "/editions/7"] {
        tasks.push(json!({ "do": "frame", "url": format!("{base}{path}"), "height": 300 }));
    }
    let Some(results) = browse(&json!(tasks)) else { return };
    for (task, result) in tasks.iter().zip(&results).take(sheets) {
        assert_eq!(result["sheets"], 1, "{task}");
    }
    for (at, framed) in [true, true, false, false].iter().enumerate() {
        let result = &results[sheets + at];
        assert_eq!(
            result["text"].as_str().unwrap().contains("Ask for help"),
            *framed,
            "{}: {result}",
            tasks[sheets + at]
        );
        assert_eq!(result["overflow"], 0);
    }
}

#[test]
fn every_shipped_activity_prints_on_one_sheet() {
    let all = "[\"4-5\", \"5-7\", \"8-10\", \"11-14\", \"14+\"]";
    let fixture = Fixture::new(&format!("{BASE}{}", entry("All", "school", "\"all@school.example\"", all)));
    let shipped: usize = fs::read_dir(fixture.path("activities"))
        .unwrap()
        .filter_map(|theme| fs::read_dir(theme.unwrap().path()).ok())
        .flatten()
        .filter(|file| {
            let path = file.as_ref().unwrap().path();
            path.extension().is_some_and(|ending| ending == "md")
                && !path.ends_with("theme.md")
                && !path.parent().unwrap().ends_with("notices")
        })
        .count();
    let plan = fixture.at("2026-09-07T08:00:00Z", &["plan", "--fortnights", "26", "--json"]).exits(0).json();
    let mut paths = BTreeSet::new();
    for row in plan.as_array().unwrap() {
        let picks = row["activities"].as_array().unwrap();
        if picks.is_empty() || paths.len() == shipped {
            continue;
        }
        fixture.at(row["due_at"].as_str().unwrap(), &["send"]).exits(0);
        paths.extend(picks.iter().map(|pick| pick["id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(paths.len(), shipped, "some activity is not in a year of editions");
    let (_daemon, port) = daemon(&fixture);
    // And so does what is drawn for it.
    let drawings: Vec<String> = paths.iter().filter_map(|id| drawing(&fixture, id)).collect();
    assert!(drawings.len() > 10);
    let sheet = |id: &String| json!({ "do": "pdf", "url": format!("http://127.0.0.1:{port}/activities/{id}") });
    let tasks: Vec<Value> = paths.iter().chain(&drawings).map(sheet).collect();
    let Some(results) = browse(&json!(tasks)) else { return };
    let too_long: Vec<&Value> =
        tasks.iter().zip(&results).filter(|(_, result)| result["sheets"] != 1).map(|(task, _)| &task["url"]).collect();
    assert!(too_long.is_empty(), "{too_long:?}");
}

/// Where the sheet of an activity is, if it has one.
fn drawing(fixture: &Fixture, id: &str) -> Option<String> {
    let text = fs::read_to_string(fixture.path(&format!("activities/{id}.md"))).unwrap();
    let file = text.lines().find_map(|line| line.strip_prefix("printable = \"")?.split('"').next())?;
    Some(format!("{id}/{file}"))
}

/// Every kind of mail: digests of a school and of a charity, a bulletin, a correction, and a letter.
pub(crate) fn mails() -> Vec<Mail> {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    fixture.write(WARNING, WARNING_TEXT);
    fixture.at("2026-11-30T08:00:00Z", SEND_WARNING).exits(0);
    fixture.write("activities/bulletins/number.md", CORRECTION);
    let correct = ["bulletin", "number", "--edition", "7", "--yes", "--beside-edition"];
    fixture.at("2026-11-30T08:00:00Z", &correct).exits(0);
    let ask = ["subscribe", "--name", "P", "--email", "p@home.example", "--bands", "4-5", "--confirm"];
    fixture.at("2026-11-30T08:00:00Z", &ask).exits(0);
    fixture.mails()
}

#[test]
fn mails_are_accessible_and_valid_and_fetch_nothing() {
    let mails = mails();
    let pages: Vec<Value> = mails.iter().map(|mail| json!({ "html": mail.shown() })).collect();
    let mut tasks = all_ways(&pages);
    let looks = tasks.as_array().unwrap().len();
    tasks
        .as_array_mut()
        .unwrap()
        .extend(mails.iter().map(|mail| json!({ "do": "validate", "html": mail.html, "mail": true })));
    let Some(results) = browse(&tasks) else { return };
    is_clean(&json!(tasks.as_array().unwrap()[..looks]), &results[..looks]);
    for result in &results[looks..] {
        assert_eq!(result["messages"], json!([]));
    }
}

#[test]
fn a_spam_filter_has_little_against_our_mail() {
    if Command::new("spamassassin").arg("--version").stdout(Stdio::null()).status().is_err() {
        skipped("the spam filter", "spamassassin is not installed");
        return;
    }
    for mail in mails() {
        let (score, rules) = spam_score(&mail.raw);
        assert!(score < 2.0, "{score} for “{}”: {rules}", mail.subject);
    }
}

/// Where a program keeps the text of a mail alone, or makes a mail of it.
#[test]
fn a_spam_filter_has_little_against_the_text_of_a_bulletin() {
    if Command::new("spamassassin").arg("--version").stdout(Stdio::null()).status().is_err() {
        skipped("the spam filter", "spamassassin is not installed");
        return;
    }
    let fixture = Fixture::shipped();
    fixture.at("2026-11-30T08:00:00Z", &["send"]).exits(0);
    fixture.write(WARNING, WARNING_TEXT);
    fixture.at("2026-11-30T08:00:00Z", SEND_WARNING).exits(0);
    fixture.write("activities/bulletins/number.md", CORRECTION);
    let correct = ["bulletin", "number", "--edition", "7", "--yes", "--beside-edition"];
    fixture.at("2026-11-30T08:00:00Z", &correct).exits(0);
    let mails = fixture.mails();
    for subject in ["A game with strangers", "Correction: "] {
        let mail = mails.iter().find(|mail| mail.subject.starts_with(subject)).unwrap();
        let raw = String::from_utf8(mail.raw.clone()).unwrap().replace("\r\n", "\n");
        assert!(!raw.contains("image/"), "it has no picture");
        let (head, _) = raw.split_once("\n\n").unwrap();
        let head: Vec<&str> = head.split('\n').filter(|line| !line.contains("boundary")).collect();
        let head = head.join("\n").replace("multipart/alternative;", "text/plain; charset=utf-8");
        let (score, rules) = spam_score(format!("{head}\n\n{}", mail.text).as_bytes());
        assert!(score < 2.0, "{score} for the text of “{}”: {rules}", mail.subject);
    }
}

/// What `SpamAssassin` says of a mail without asking anyone: the score, and by which rules.
fn spam_score(raw: &[u8]) -> (f64, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mail"), raw).unwrap();
    let output = Command::new("spamassassin")
        .args(["-L", "-t", "--prefspath"])
        .arg(folder.path().join("prefs"))
        .stdin(fs::File::open(folder.path().join("mail")).unwrap())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let line = told.lines().find(|line| line.starts_with("X-Spam-Status:")).unwrap_or_else(|| panic!("{told}"));
    let score = line.split("score=").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    (score, told.split("Content analysis details:").nth(1).unwrap_or_default().to_owned())
}
