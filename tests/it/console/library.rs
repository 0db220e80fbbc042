//! Texts written in the console: what is saved lies in the file, whole or not at all; nobody's words are lost to someone else's; and
//! what is being written goes to nobody.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::{BEFORE, opened};
use crate::support::console::{Answer, Browser, user};
use crate::support::disk::{Mount, fill};
use crate::support::fixture::{Fixture, until};

/// An activity of the shipped library.
pub(super) const TEXT: &str = "/library/games/hold-it-sid";
pub(super) const FILE: &str = "activities/games/hold-it-sid.md";

pub(super) fn read(fixture: &Fixture, file: &str) -> String {
    fs::read_to_string(fixture.path(file)).unwrap()
}

fn unescaped(text: &str) -> String {
    let mut plain = text.to_owned();
    while let Some((number, rest)) = plain.split_once("&#").and_then(|(_, rest)| rest.split_once(';')) {
        let letter = char::from_u32(number.parse().expect("a number")).expect("a letter");
        plain = format!("{}{letter}{rest}", plain.split_once("&#").unwrap().0);
    }
    let plain = plain.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    plain.replace("&amp;", "&")
}

/// What a browser would post of the form on which a text is written.
fn fields(page: &Answer) -> Vec<(String, String)> {
    let form = page.body.split("data-preview=").nth(1).expect("a form").split("</form>").next().unwrap();
    let mut fields = Vec::new();
    for tag in form.split('<').skip(1) {
        let attribute = |name: &str| {
            let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
            Some(unescaped(value))
        };
        let is = |kind: &str| tag.starts_with(kind);
        let kind = attribute("type").unwrap_or_default();
        match attribute("name") {
            Some(name) if is("input") && (kind != "checkbox" || tag.contains(" checked")) => {
                fields.push((name, attribute("value").unwrap_or_default()));
            }
            Some(name) if is("textarea") => {
                let text = tag.split_once('>').unwrap().1;
                fields.push((name, unescaped(text.strip_prefix('\n').unwrap_or(text)).replace('\n', "\r\n")));
            }
            Some(name) if is("select") => fields.push((name, String::new())),
            None if is("option") && tag.contains(" selected") => {
                fields.last_mut().unwrap().1 = attribute("value").unwrap_or_default();
            }
            _ => {}
        }
    }
    fields
}

/// The form with these fields filled in differently.
pub(super) fn with(page: &Answer, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = fields(page);
    all.retain(|(name, _)| name != "form_token" && !changes.iter().any(|(changed, _)| changed == name));
    all.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    all
}

/// Posts such a form.
pub(super) fn post(browser: &Browser, path: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &fields)
}

/// Changes a text and follows to the page that says what came of it.
#[track_caller]
pub(super) fn save(browser: &Browser, text: &str, changes: &[(&str, &str)]) -> Answer {
    let page = browser.get(&format!("{text}/edit")).is(200);
    let answer = post(browser, &format!("{text}/edit"), &with(&page, changes)).is(303);
    browser.get(answer.header("location").unwrap())
}

#[test]
fn the_library_shows_what_is_missing_and_who_only_looks_is_offered_nothing_to_change() {
    let (fixture, _daemon, admin) = opened();
    let file = "activities/games/the-coachs-corner.md";
    let broken = read(&fixture, file).replace("minutes = 15", "minutes = 99");
    let fine = read(&fixture, file);
    let page = admin.get("/library").is(200).says("Enjoy games together").says("Activities by theme and age");
    page.says("Where to turn").lacks("Some texts have errors");
    fixture.write(file, &broken);
    let page = admin.get("/library?show=errors").is(200).says("Some texts have errors").says("1 error");
    page.says("games/the-coachs-corner").lacks("hold-it-sid");
    admin.get("/library/games/the-coachs-corner").is(200).says("To mend");
    fixture.write(file, &fine);
    let viewer = user(&fixture, BEFORE, admin.port(), "viewer@example.org", "viewer");
    let page = viewer.get("/library").is(200);
    assert!(!page.body.contains("/library/new"), "{}", page.body);
    let page = viewer.get(TEXT).is(200).says("How it reads").says("Next used");
    assert!(!page.body.contains("/edit") && !page.body.contains("/review"), "{}", page.body);
    viewer.get(&format!("{TEXT}/edit")).is(403);
    viewer.get(&format!("{TEXT}/frame?view=mail")).is(200).says("Hold it, Sid");
}

#[test]
fn a_text_is_saved_with_the_version_before_and_taken_back() {
    let (fixture, _daemon, admin) = opened();
    let editor = user(&fixture, BEFORE, admin.port(), "anna@example.org", "editor");
    let before = read(&fixture, FILE);
    let page = save(&editor, TEXT, &[("title", "Say “stop”, Sid"), ("as", "done")]).is(200);
    page.says("It has been saved").says("Say “stop”, Sid").says("anna (user").says("Someone, in the file itself");
    let after = read(&fixture, FILE);
    assert_eq!(after.lines().zip(before.lines()).filter(|(a, b)| a != b).count(), 1, "{after}");
    assert!(after.contains("title = \"Say “stop”, Sid\""), "{after}");
    editor.get(&format!("{TEXT}/versions/2")).is(200).says("[added: “stop”,").lacks("Set the text back");
    // What is saved without a change is no version.
    let page = editor.get(&format!("{TEXT}/edit")).is(200);
    post(&editor, &format!("{TEXT}/edit"), &with(&page, &[("as", "done")])).is(409).says("There was nothing to save");
    editor.get(&format!("{TEXT}/versions/1")).is(200).says("Set the text back to this version");
    editor.decide(&format!("{TEXT}/versions/1/take-back"), &[]).is(200).says("It has been set back");
    assert_eq!(read(&fixture, FILE), before);
    let log = editor.get("/log").is(200).says("games/hold-it-sid.md was set back to a version before");
    log.says("games/hold-it-sid.md was changed").says("anna");
}

#[test]
fn a_review_is_noted_with_a_new_date() {
    let (fixture, _daemon, admin) = opened();
    let asked = admin.get(&format!("{TEXT}/review")).is(200).says("Has “").says("been checked?");
    admin.press_on(&asked, &[("review_by", "2020-01-01")]).is(422).says("Choose a day in the future");
    admin
        .decide(&format!("{TEXT}/review"), &[("review_by", "2028-01-31")])
        .says("It's noted that someone has checked it");
    let text = read(&fixture, FILE);
    assert!(text.contains("reviewed = 2026-11-26\n") && text.contains("review_by = 2028-01-31\n"), "{text}");
    let theme = "/library/games/theme";
    admin.decide(
        &format!("{theme}/review"),
        &[("review_by", "2028-02-01"), ("reviewed_by", "R. Okafor, safeguarding lead")],
    );
    assert!(read(&fixture, "activities/games/theme.md").contains("reviewed_by = \"R. Okafor, safeguarding lead\""));
    admin.get("/library?show=").is(200).says("R. Okafor, safeguarding lead").says("31 Jan 2028");
}

#[test]
fn two_editors_at_once_lose_nothing() {
    let (fixture, _daemon, admin) = opened();
    let anna = user(&fixture, BEFORE, admin.port(), "anna@example.org", "editor");
    let ben = user(&fixture, BEFORE, admin.port(), "ben@example.org", "editor");
    let path = format!("{TEXT}/edit");
    let (hers, his) = (anna.get(&path).is(200), ben.get(&path).is(200));
    post(&anna, &path, &with(&hers, &[("title", "Anna’s title"), ("as", "done")])).is(303);
    let refused = post(&ben, &path, &with(&his, &[("summary", "Ben’s summary."), ("as", "done")])).is(409);
    let refused = refused.says("Someone else changed this text").says("anna (user").says("Theirs").says("Yours");
    let refused = refused.says("[only here: ").says("Anna’s").says("Ben’s summary.");
    assert!(read(&fixture, FILE).contains("Anna’s title") && !read(&fixture, FILE).contains("Ben’s"));
    // He puts both together, and knows what he saves over.
    post(&ben, &path, &with(&refused, &[("title", "Anna’s title"), ("as", "done")])).is(303);
    let text = read(&fixture, FILE);
    assert!(text.contains("Anna’s title") && text.contains("Ben’s summary."), "{text}");
}

#[test]
fn a_file_that_was_edited_by_hand_meanwhile_is_not_saved_over() {
    let (fixture, _daemon, browser) = opened();
    let path = format!("{TEXT}/edit");
    let page = browser.get(&path).is(200);
    let by_hand = read(&fixture, FILE).replace("minutes = 15", "minutes = 14");
    fixture.write(FILE, &by_hand);
    let refused = post(&browser, &path, &with(&page, &[("title", "Mine"), ("as", "done")])).is(409);
    refused.says("Someone changed the file itself meanwhile").says("take theirs");
    assert_eq!(read(&fixture, FILE), by_hand);
    // By a draft, too.
    let page = browser.get(&path).is(200);
    fixture.write("activities/games/hold-it-sid.draft.md", &by_hand);
    post(&browser, &path, &with(&page, &[("title", "Mine"), ("as", "draft")])).is(409).says("Theirs");
    assert_eq!(read(&fixture, "activities/games/hold-it-sid.draft.md"), by_hand);
}

/// The front matter and parts of a whole activity.
const WRITTEN: [(&str, &str); 8] = [
    ("summary", "Sort seven messages from a pretend game chat, and find out together which ones to show a grown-up."),
    ("skill", "choosing which messages from a game to show a grown-up"),
    ("needs", "paper\r\na pen"),
    ("part.0", "Sit down together with a sheet of paper."),
    ("part.1", "1. **Sort them (8 minutes).** Grown-up: read out a message. Child: say “keep” or “show”."),
    ("part.2", "- Which one was hardest?\r\n- Who would you show it to?"),
    ("part.3", "If your child tells you about a real message, thank them, and look at it together."),
    ("as", "done"),
];

#[test]
fn a_new_activity_is_a_draft_until_it_is_done() {
    let (fixture, _daemon, admin) = opened();
    let anna = user(&fixture, BEFORE, admin.port(), "anna@example.org", "editor");
    let begun = anna.get("/library/new?kind=activity&title=Keep+or+show%3F&theme=games&band=8-10").is(303);
    let path = begun.location.clone();
    assert!(path.starts_with("/library/games/keep-or-show/edit?"), "{path}");
    let text = "/library/games/keep-or-show";
    let page = anna.get(&path).is(200).says("A new activity: Keep or show?").says("How to write");
    // What isn't finished isn't let in, and stays in the form.
    let refused = post(&anna, &format!("{text}/edit"), &with(&page, &[("summary", "Half."), ("as", "done")])).is(409);
    let refused = refused.says("It hasn't been saved, because there's one error in it").says("“[Write here:");
    let kept = post(&anna, &format!("{text}/edit"), &with(&refused, &[("as", "draft")])).is(303);
    anna.get(kept.header("location").unwrap()).says("It's kept as a draft").says("Nobody gets it");
    let draft = "activities/games/keep-or-show.draft.md";
    assert!(read(&fixture, draft).contains("summary = \"Half.\""));
    assert!(!fixture.path("activities/games/keep-or-show.md").exists());
    let found = fixture.at(BEFORE, &["check", "--json"]).json_or_nothing();
    let draft_found = |found: &serde_json::Value| {
        found.as_array().unwrap().iter().any(|one| one["code"] == "draft-left-out" && one["level"] == "warning")
    };
    assert!(draft_found(&found), "{found:#}");
    anna.get("/library?show=drafts").is(200).says("keep-or-show");
    // Done.
    let page = save(&anna, text, &WRITTEN).is(200).says("It has been saved").lacks("This is a draft");
    page.says("Keep or show?");
    assert!(!fixture.path(draft).exists());
    let written = read(&fixture, "activities/games/keep-or-show.md");
    assert!(
        written.contains("needs = [\"paper\", \"a pen\"]") && written.contains("## Talk about it\n\n- Which"),
        "{written}"
    );
    fixture.at(BEFORE, &["swap", "7", "--band", "8-10", "--activity", "games/keep-or-show"]).exits(0);
    anna.get("/library/new?kind=activity&title=Keep+or+show&theme=games&band=8-10")
        .is(200)
        .says("There's a text with such a title already");
    // Another draft of it, thrown away.
    save(&anna, text, &[("title", "Keep it or show it?"), ("as", "draft")]).says("has a draft");
    assert!(fixture.path(draft).exists());
    anna.decide(&format!("{text}/discard"), &[]).says("The draft has been thrown away");
    assert!(!fixture.path(draft).exists() && read(&fixture, "activities/games/keep-or-show.md") == written);
}

#[test]
fn a_theme_and_a_notice_are_begun_and_a_help_entry_is_changed() {
    let (fixture, _daemon, browser) = opened();
    browser.get("/library/new?kind=theme&title=Voice+notes").is(303);
    save(&browser, "/library/voice-notes/theme", &[("title", "Voice notes"), ("as", "draft")])
        .says("It's kept as a draft");
    fixture.at(BEFORE, &["check"]).says("voice-notes/theme.draft.md");
    // A theme to be breaks nothing.
    assert!(!fixture.at(BEFORE, &["check", "--json"]).json_or_nothing().to_string().contains("missing-theme"));
    let notice = [
        ("title", "Half-term"),
        ("from", "2027-02-10"),
        ("until", "2027-02-20"),
        ("part.0", "A short text."),
        ("as", "done"),
    ];
    save(&browser, "/library/notices/half-term", &notice).says("It has been saved");
    assert!(read(&fixture, "activities/notices/half-term.md").contains("from = 2027-02-10\n"));
    let help = "activities/help.toml";
    let before = read(&fixture, help);
    browser.get("/library/help.toml/top").is(200).says("NSPCC Helpline").says("Add an entry");
    save(&browser, "/library/help.toml/entry-2", &[("phone", "0808 800 0000"), ("as", "done")])
        .says("It has been saved");
    assert_eq!(read(&fixture, help), before.replacen("0808 800 5000", "0808 800 0000", 1));
    // The whole block has to stay right.
    let page = browser.get("/library/help.toml/entry-1/edit").is(200);
    let refused =
        post(&browser, "/library/help.toml/entry-1/edit", &with(&page, &[("phone", "x"), ("as", "done")])).is(409);
    refused.says("because there's one error in it");
}

#[test]
fn an_approved_edition_is_named_before_its_text_is_changed() {
    let (fixture, _daemon, browser) = opened();
    let id = fixture.planned(BEFORE, 7)["activities"][0]["id"].as_str().unwrap().to_owned();
    let text = format!("/library/{id}");
    let page = browser.get(&format!("{text}/edit")).is(200).lacks("been approved with this text");
    fixture.at(BEFORE, &["approve", "7"]).exits(0);
    // It was approved while someone wrote.
    let path = format!("{text}/edit");
    let asked = post(&browser, &path, &with(&page, &[("title", "Another title"), ("as", "done")])).is(409);
    let asked = asked.says("An edition was approved with this text while you were writing").lacks("Theirs");
    let saved = post(&browser, &path, &with(&asked, &[("as", "done")])).is(303);
    browser.get(saved.header("location").unwrap()).says("need approval again");
    until("the approval is gone", || fixture.planned(BEFORE, 7)["state"] == "planned");
}

#[test]
fn a_text_is_checked_and_shown_without_being_saved_and_nothing_hostile_gets_out() {
    let (fixture, _daemon, browser) = opened();
    let before = read(&fixture, FILE);
    let page = browser.get(&format!("{TEXT}/edit")).is(200).says("Checked:");
    let hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    let changed = with(&page, &[("title", hostile), ("part.0", "Say “<b>no</b>”."), ("part.2", "Nothing.")]);
    let looked = post(&browser, &format!("{TEXT}/preview"), &changed).is(200);
    assert!(!looked.body.contains("<script>alert") && !looked.body.contains("<img"), "{}", looked.body);
    looked.says("There is no question").says("Save it in the library");
    let mut fragment = with(&page, &[("title", hostile)]);
    fragment.push(("fragment".to_owned(), "1".to_owned()));
    let looked = post(&browser, &format!("{TEXT}/preview"), &fragment).is(200);
    assert!(!looked.body.contains("<html") && !looked.body.contains("<script"), "{}", looked.body);
    let frames: Vec<&str> = looked.body.split("src=\"").skip(1).map(|part| part.split('"').next().unwrap()).collect();
    assert_eq!(frames.len(), 3, "{}", looked.body);
    for frame in frames {
        let shown = browser.get(frame.replace("&amp;", "&").split('#').next().unwrap()).is(200);
        let policy = shown.header("content-security-policy").unwrap().to_owned();
        assert!(policy.starts_with("sandbox; default-src 'none'"), "{policy}");
        assert!(!shown.body.contains("<script>alert") && !shown.body.contains("<img src=x"), "{}", shown.body);
        shown.says("<script>alert(1)</script>");
    }
    let shown = browser.get(&format!("{TEXT}/frame?view=mail")).is(200).says("Hold it, Sid");
    shown.lacks("alert(1)");
    assert_eq!(read(&fixture, FILE), before);
    let file = post(&browser, &format!("{TEXT}/download"), &with(&page, &[("title", "Elsewhere")])).is(200);
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"hold-it-sid.md\""));
    assert!(file.body.starts_with("+++\ntitle = \"Elsewhere\"\n"), "{}", file.body);
}

#[test]
fn nothing_is_written_outside_the_library_or_through_a_link() {
    let (fixture, _daemon, browser) = opened();
    for path in [
        "/library/../x/edit",
        "/library/games/..%2Fx/edit",
        "/library/Games/x/edit",
        "/library/games/a.b/edit",
        "/library/%2e%2e/x/edit",
    ] {
        assert!([400, 404].contains(&browser.get(path).status), "{path}");
    }
    fixture.write("elsewhere.md", "mine");
    symlink(fixture.path("elsewhere.md"), fixture.path("activities/games/a-link.md")).unwrap();
    browser.get("/library/games/a-link/edit").is(409).says("something else lies in its place");
    fs::create_dir(fixture.path("elsewhere")).unwrap();
    symlink(fixture.path("elsewhere"), fixture.path("activities/linked")).unwrap();
    browser.get("/library/linked/x/edit").is(409);
    assert_eq!(read(&fixture, "elsewhere.md"), "mine");
}

#[test]
fn a_folder_that_may_not_be_written_to_is_said_to_be_so() {
    let (fixture, _daemon, browser) = opened();
    let folder = fixture.path("activities/games");
    let page = browser.get(&format!("{TEXT}/edit")).is(200);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    let said = browser.get(&format!("{TEXT}/edit")).is(200).says("nothing can be saved here").says("Download the file");
    said.lacks("Save it in the library");
    let refused = post(&browser, &format!("{TEXT}/edit"), &with(&page, &[("title", "No"), ("as", "done")])).is(409);
    refused.says("this program may not write there");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_full_disk_leaves_the_text_as_it_was() {
    let (fixture, _daemon, browser) = opened();
    let games = fixture.path("activities/games");
    let files: Vec<_> = fs::read_dir(&games)
        .unwrap()
        .flatten()
        .map(|file| (file.file_name(), fs::read(file.path()).unwrap()))
        .collect();
    let Some(_mount) = Mount::new(&games, "a full disk", &["-t", "tmpfs", "-o", "size=256k", "tmpfs"]) else { return };
    for (name, bytes) in &files {
        fs::write(games.join(name), bytes).unwrap();
    }
    let before = read(&fixture, FILE);
    let page = browser.get(&format!("{TEXT}/edit")).is(200);
    let filler = fill(&games);
    let changed = with(&page, &[("title", "Too much"), ("part.0", &"words ".repeat(2_000)), ("as", "done")]);
    let refused = post(&browser, &format!("{TEXT}/edit"), &changed).is(409).says("because the disk is full");
    assert_eq!(read(&fixture, FILE), before);
    assert_eq!(fs::read_dir(&games).unwrap().count(), files.len() + 1, "something is left");
    // What was written is still there, and goes through once there's room.
    fs::remove_file(filler).unwrap();
    post(&browser, &format!("{TEXT}/edit"), &with(&refused, &[("as", "done")])).is(303);
    assert!(read(&fixture, FILE).contains("Too much"));
}
