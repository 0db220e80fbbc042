//! What comes out of a printer: a real Chromium prints, and another program reads the PDF.

use std::io::Write as _;
use std::process::{Command, Stdio};

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::browser::{browse, mails, served};
use crate::support::http::ask;
use crate::support::skipped;

/// What must stand on a sheet that a family is handed, to whomever they may need to turn.
const WHERE_TO_TURN: [&str; 4] =
    ["Where to turn", "999", "ceop.police.uk/Safety-Centre", "NSPCC Helpline, 0808 800 5000, help@nspcc.org.uk"];

/// And where a child of 8 or more may turn.
const FOR_OLDER_CHILDREN: [&str; 2] = ["Childline, for anyone under 19, 0800 1111", "childline.org.uk/remove"];

/// The lines that a sheet must have, by the ages that it is for.
fn where_to_turn(sheet: &str) -> Vec<&'static str> {
    let is_for_older = ["Ages 8 to 10", "Ages 11 to 14", "Ages 14 and over"].iter().any(|ages| sheet.contains(ages));
    let more = if is_for_older { FOR_OLDER_CHILDREN.as_slice() } else { &[] };
    WHERE_TO_TURN.iter().chain(more).copied().collect()
}

/// The text of every sheet, or `None`, said loudly, where nothing can print or read.
pub(crate) fn print(tasks: &[Value]) -> Option<Vec<(Vec<String>, Value)>> {
    if Command::new("pdftotext").arg("-v").stderr(Stdio::null()).status().is_err() {
        skipped("printing", "pdftotext is not installed: install the Debian package poppler-utils");
        return None;
    }
    let results = browse(&json!(tasks))?;
    Some(results.into_iter().map(|result| (sheets(&result), result)).collect())
}

fn sheets(result: &Value) -> Vec<String> {
    let pdf = BASE64.decode(result["file"].as_str().unwrap().as_bytes()).unwrap();
    let mut reader = Command::new("pdftotext")
        .args(["-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    reader.stdin.take().unwrap().write_all(&pdf).unwrap();
    let text = String::from_utf8(reader.wait_with_output().unwrap().stdout).unwrap();
    let sheets: Vec<String> = text.trim_end_matches('\u{c}').split('\u{c}').map(str::to_owned).collect();
    assert_eq!(sheets.len() as u64, result["sheets"].as_u64().unwrap());
    sheets
}

/// Without white space, ligatures and hyphens: a line may have been broken anywhere, and the reader joins what a hyphen parts.
fn squeezed(text: &str) -> String {
    let text = text.replace('ﬁ', "fi").replace('ﬂ', "fl").replace('ﬀ', "ff");
    text.chars().filter(|c| !c.is_whitespace() && !['•', '-'].contains(c)).collect()
}

#[track_caller]
fn says(sheet: &str, what: &str) {
    assert!(squeezed(sheet).contains(&squeezed(what)), "“{what}” is not printed:\n{sheet}");
}

/// No sheet has less than a few lines on it; of the last one may be left over.
#[track_caller]
fn none_is_blank(sheets: &[String], what: &str) {
    for (at, sheet) in sheets.iter().enumerate() {
        let least = if at + 1 == sheets.len() { 50 } else { 300 };
        assert!(squeezed(sheet).len() > least, "{what}: sheet {} of {} is nearly empty: {sheet}", at + 1, sheets.len());
    }
}

#[test]
fn a_mail_that_is_printed_loses_no_line_and_wastes_no_sheet() {
    let mails = mails();
    let tasks: Vec<Value> = mails.iter().map(|mail| json!({ "do": "pdf", "html": mail.html })).collect();
    let Some(printed) = print(&tasks) else { return };
    let mut digests = 0;
    for (mail, (sheets, result)) in mails.iter().zip(&printed) {
        let all = sheets.concat();
        // Paper has no room for pictures, so nobody needs to know who drew them.
        for line in result["lines"].as_array().unwrap().iter().filter_map(Value::as_str) {
            if !line.starts_with("Drawing: ") {
                says(&all, line);
            }
        }
        let is_digest = mail.html.contains("Do it together");
        if is_digest {
            digests += 1;
            none_is_blank(sheets, &mail.subject);
            for address in ["https://www.ceop.police.uk/Safety-Centre/", "https://www.nspcc.org.uk/"] {
                says(&all, address);
            }
            let begins = |sheet: &&String| sheet.contains("Get ready");
            assert_eq!(sheets.iter().filter(begins).count(), mail.html.matches("Do it together").count());
        }
    }
    assert!(digests >= 3 && printed.len() > digests, "a letter, too");
}

#[test]
fn a_mail_program_that_takes_away_our_styles_prints_every_line_too() {
    let digests: Vec<_> = mails().into_iter().filter(|mail| mail.html.contains("Do it together")).collect();
    let bare = |html: &str| -> String {
        let mut parts = html.split("<style");
        let first = parts.next().unwrap_or_default().to_owned();
        first + &parts.filter_map(|part| part.split_once("</style>")).map(|(_, rest)| rest).collect::<String>()
    };
    let tasks: Vec<Value> = digests.iter().map(|mail| json!({ "do": "pdf", "html": bare(&mail.html) })).collect();
    let Some(printed) = print(&tasks) else { return };
    for (mail, (sheets, result)) in digests.iter().zip(&printed) {
        none_is_blank(sheets, &mail.subject);
        let all = sheets.concat();
        for line in result["lines"].as_array().unwrap() {
            says(&all, line.as_str().unwrap());
        }
    }
}

/// The titles of an edition's activities, by its page.
fn activities(port: u16) -> Vec<(String, String)> {
    let feed: Value = serde_json::from_str(&ask(port, "GET", "/feed.json", "").1).unwrap();
    let mut items = feed["items"].as_array().unwrap().iter();
    let edition = items.find(|item| item["url"].as_str().unwrap().contains("/editions/")).unwrap();
    let content = edition["content_html"].as_str().unwrap().to_owned();
    let link = |part: &str| {
        let (path, rest) = part.split_once("\">“")?;
        Some((format!("/activities/{path}"), rest.split_once('”')?.0.to_owned()))
    };
    content.split("https://activities.example.org/activities/").skip(1).filter_map(link).collect()
}

#[test]
fn every_sheet_of_an_edition_and_of_an_activity_stands_alone() {
    let (_fixture, _daemon, base) = served();
    let port: u16 = base.rsplit(':').next().unwrap().parse().unwrap();
    let activities = activities(port);
    assert_eq!(activities.len(), 5);
    let mut paths = vec!["/editions/7", "/editions/7?bands=8-10", "/editions/7?bands=4-5,14%2B"];
    paths.extend(activities.iter().map(|(path, _)| path.as_str()));
    let tasks: Vec<Value> = paths.iter().map(|path| json!({ "do": "pdf", "url": format!("{base}{path}") })).collect();
    let Some(printed) = print(&tasks) else { return };
    for ((path, cards), (sheets, _)) in paths.iter().zip([5, 1, 2]).zip(&printed) {
        none_is_blank(sheets, path);
        assert_eq!(sheets.len(), cards + 1, "{path}: one sheet for parents, one for each activity");
        // The first sheet is for the adult: what it is about, and what to know.
        for part in ["Ask for help", "For parents and carers"] {
            says(&sheets[0], part);
        }
        assert!(squeezed(&sheets[0]).len() > 1_000, "{path}: the first sheet is nearly empty: {}", sheets[0]);
        for sheet in sheets {
            for line in where_to_turn(sheet) {
                says(sheet, line);
            }
        }
    }
    for (at, (path, title)) in activities.iter().enumerate() {
        for sheet in [&printed[0].0[at + 1], &printed[at + 3].0[0]] {
            for line in ["Get ready", "Do it together", "Talk about it", "If something worries you", title] {
                says(sheet, line);
            }
            says(sheet, &format!("activities.example.org{path}"));
            for line in where_to_turn(sheet) {
                says(sheet, line);
            }
            // One line for each, not one run-on sentence.
            let whom = ["The police", "CEOP", "NSPCC", "Childline,", "Stop It Now"];
            let run_on = sheet.lines().find(|line| whom.iter().filter(|who| line.contains(**who)).count() > 1);
            assert_eq!(run_on, None);
        }
        assert_eq!(printed[at + 3].0.len(), 1, "{path}");
    }
}
