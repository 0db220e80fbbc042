//! Subscribers: found, told of, added, changed, unsubscribed, erased, imported, and taken away as a list.

use serde_json::{Value, json};

use super::BEFORE;
use crate::support::bounces::{bounce, take};
use crate::support::console::{Browser, user};
use crate::support::fixture::{BASE, Fixture, Running, entry, three, until};

const NAME: &str = "St Mary’s C of E <b>School</b>";
const MARYS: &str = "office@marys.example";

/// A service at that moment, its daemon, and an admin.
fn at(now: &str, fixture: Fixture) -> (Fixture, Running, Browser) {
    let daemon = fixture.spawn(&["-v", "--now", now, "run"], "log");
    let first = Browser::first(&fixture);
    let admin = user(&fixture, now, first.port(), "anna@example.org", "admin");
    admin.get("/subscribers").is(200);
    (fixture, daemon, admin)
}

/// One with three organisations of the config file, and St Mary's.
fn served() -> (Fixture, Running, Browser) {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    let marys = ["subscribe", "--name", NAME, "--email", MARYS, "--bands", "4-5", "--urn", "123456"];
    fixture.at(BEFORE, &marys).exits(0);
    at(BEFORE, fixture)
}

fn shown(fixture: &Fixture, who: &str) -> Value {
    fixture.run(&["subscribers", "show", who, "--json"]).exits(0).json()
}

fn everyone(fixture: &Fixture) -> String {
    fixture.run(&["subscribers", "list", "--json"]).exits(0).stdout
}

/// The page that this search leads to.
#[track_caller]
fn found(browser: &Browser, sought: &str) -> String {
    browser.post("/subscribers/search", &[("q", sought)]).is(303).header("location").unwrap().to_owned()
}

#[test]
fn a_subscriber_is_found_by_name_address_number_or_domain() {
    let (_fixture, _daemon, admin) = served();
    let marys = found(&admin, "MARYS sch");
    assert!(marys.starts_with("/subscribers/mailboxes/"), "{marys}");
    for sought in ["Office@Marys.Example", "123456", "marys.example", "@marys.example"] {
        assert_eq!(found(&admin, sought), marys, "{sought}");
    }
    let organisation = found(&admin, "riverbank");
    admin.get(&organisation).is(200).says("reception@riverbank.example").says("dsl@riverbank.example");
    let search = |words: &str| admin.post("/subscribers/search", &[("q", words)]).is(200);
    search("example");
    search("nobody@marys.example").says("No subscriber has this address");
    search("zzz").says("Nobody was found");
    search("").says("Write a name");
    admin.get(&marys).is(200).says("because someone here added it");
    admin.get(&found(&admin, "lantern")).says("by its entry in the config file (line");
}

#[test]
fn whoever_asks_whether_a_school_got_it_is_told() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at("2026-11-30T08:05:00Z", &["send"]).exits(0);
    take(&fixture, "2026-12-01T09:00:00Z", &[bounce(&fixture, "office@hillside.example", "5.2.2")]);
    let (_fixture, _daemon, admin) = at("2026-12-01T10:00:00Z", fixture);
    let page = admin.get(&found(&admin, "hillside")).is(200);
    let page = page.says("Edition 7 Accepted by the mail server on Monday 30 November 2026 at 08:05.");
    page.says("It came back on Tuesday 1 December 2026: the mailbox is full.");
}

#[test]
fn one_is_added_changed_moved_and_unsubscribed_with_a_question_each() {
    let (fixture, _daemon, admin) = served();
    admin.get("/subscribers/add").is(200).says("Its first edition is number 7");
    let bad = admin.press("/subscribers/add", &[("name", "Fen"), ("email", "fen"), ("sector", "school")]).is(422);
    bad.says("is not an email address").says("choose at least one age group");
    let wish =
        [("name", "Fen School"), ("email", "a@fen.example"), ("sector", "school"), ("bands", "4-5"), ("bands", "14+")];
    let path = admin.press("/subscribers/add", &wish).is(303).header("location").unwrap().to_owned();
    admin.get(&path).is(200).says("Its first edition is number 7");
    let record = shown(&fixture, "a@fen.example");
    assert_eq!((&record["name"], &record["mailboxes"][0]["bands"]), (&json!("Fen School"), &json!(["4-5", "14+"])));

    let wish = [("name", "Fen Academy"), ("sector", "charity"), ("urn", "99"), ("bands", "14+")];
    let changed = admin.decide(&format!("{path}/change"), &wish).is(200);
    changed.says("The name was “Fen School” and is “Fen Academy” now.");
    assert_eq!(shown(&fixture, "a@fen.example")["sector"], "charity");
    admin.post(&format!("{path}/change"), &wish).is(409).says("has changed since you looked at this");

    let moved = admin.decide(&format!("{path}/address"), &[("email", "b@fen.example")]);
    moved.says("a@fen.example is b@fen.example now.");
    assert_eq!(shown(&fixture, "b@fen.example")["urn"], "99");
    admin.get(&format!("{}/address", found(&admin, "lantern"))).is(409).says("in line");

    admin.decide(&format!("{path}/unsubscribe"), &[]).says("Fen Academy gets nothing more");
    assert_eq!(shown(&fixture, "b@fen.example")["mailboxes"][0]["suppressed"], "unsubscribed");

    let again = [("name", "Fen Academy"), ("email", "b@fen.example"), ("sector", "charity"), ("bands", "4-5")];
    let asked = admin.press("/subscribers/add", &again).is(200).says("only its own reader can bring it back");
    assert_eq!(shown(&fixture, "b@fen.example")["mailboxes"][0]["state"], "ended", "it was only asked");
    admin.press_on(&asked, &[]).is(303);
    until("the mail that asks", || fixture.mails().iter().any(|mail| mail.to == "b@fen.example"));
}

#[test]
fn an_erasure_is_shown_in_numbers_before_it_is_done() {
    let (fixture, _daemon, admin) = served();
    let (path, before) = (found(&admin, "marys"), shown(&fixture, MARYS));
    let audit = || fixture.run(&["status", "--audit"]).exits(0).stdout.lines().count();
    let lines = audit();
    let asked =
        admin.get(&format!("{path}/erase")).is(200).says("1 subscription, which ends.").says("1 organisation's name");
    assert_eq!((shown(&fixture, MARYS), audit()), (before, lines), "only looked at");
    admin.press_on(&asked, &[]).is(303);
    admin.get("/subscribers").says("It is erased");
    fixture.run(&["subscribers", "erase", MARYS]).exits(0).says("was erased before");
    admin.get(&path).is(404);
    admin.post("/subscribers/search", &[("q", "marys")]).is(200).says("Nobody was found");
    let store = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    let left = "SELECT count(*) FROM name_words WHERE word IN ('marys', '123456')";
    assert_eq!(store.query_row(left, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

const HEADER: &str = "name,sector,email,bands,ages,locale,urn\n";
const PREVIEW: &str = "/subscribers/import/preview";

#[test]
fn an_import_is_shown_first_and_what_was_shown_is_imported() {
    let (fixture, _daemon, admin) = served();
    fixture.run(&["unsubscribe", "gone@x.example", "--yes"]).exits(0);
    let before = everyone(&fixture);
    let rows = format!(
        "{HEADER}Moor,school,a@moor.example,4-5,,,\nSt Mary’s,school,{MARYS},8-10,,,123456\n\
         Gone,school,gone@x.example,4-5,,,\nBad,school,no address,4-5,,,\n"
    );
    let preview = admin.post_file(PREVIEW, &[("format", "csv")], &rows).is(200);
    let preview = preview.says("1 new 1 changed 0 as they are 1 kept out, because they left 1 wrong");
    let preview = preview.says("Line 5").says("leave out 1 wrong row");
    assert_eq!(everyone(&fixture), before, "nothing is changed by looking");
    admin.press_on(&preview, &[]).is(303);
    admin.get("/subscribers").says("1 mailbox was added, 1 changed, 0 as before.");
    assert_eq!(shown(&fixture, MARYS)["mailboxes"][0]["bands"], json!(["8-10"]));
    admin.press_on(&preview, &[]).is(409).says("Nothing was imported");
    let pasted = format!("{HEADER}Vale,school,a@vale.example,4-5,,,\n");
    admin.post_file(PREVIEW, &[("rows", &pasted)], "").is(200).says("1 new");
    admin.post_file(PREVIEW, &[], "").is(422).says("Choose a file");
    let many: String = (0..10_000).map(|n| format!("School {n},school,office{n}@school.example,4-5,,,\n")).collect();
    admin.post_file(PREVIEW, &[], &format!("{HEADER}{many}")).is(200).says("10,000 new");
}

#[test]
fn whoever_takes_the_list_is_named_in_the_log() {
    let (fixture, _daemon, admin) = served();
    admin.get("/subscribers/export").is(200).says("5 of them");
    let list = admin.press("/subscribers/export", &[]).is(200);
    assert!(list.body.contains(HEADER.trim()) && list.body.contains(MARYS), "{}", list.body);
    admin.get("/log").says("The list of subscribers was downloaded");
    let audit = fixture.run(&["status", "--audit"]).exits(0).stdout;
    let line = audit.lines().find(|line| line.contains("export")).unwrap();
    assert!(line.contains("anna"), "{line}");
}

#[test]
fn whoever_only_looks_sees_no_whole_address_and_changes_nothing() {
    let (fixture, _daemon, admin) = served();
    let path = found(&admin, "marys");
    let viewer = user(&fixture, BEFORE, admin.port(), "vera@example.org", "viewer");
    let page = viewer.get(&path).is(200).says("o…@marys.example");
    assert!(!page.body.contains(MARYS) && !page.body.contains("/erase"), "{}", page.body);
    found(&viewer, "riverbank");
    let before = everyone(&fixture);
    for what in ["change", "address", "unsubscribe", "erase"] {
        viewer.get(&format!("{path}/{what}")).is(403);
        viewer.post(&format!("{path}/{what}"), &[("email", "x@x.example")]).is(403);
    }
    viewer.post_file(PREVIEW, &[], HEADER).is(403);
    viewer.post("/subscribers/export", &[]).is(403);
    assert_eq!(everyone(&fixture), before);
}

#[test]
fn what_strangers_are_called_is_text_everywhere() {
    let name = "\\\"><script>alert(1)</script>";
    let config = format!("{BASE}{}", entry(name, "school", "\"a@x.example\"", "[\"4-5\"]"));
    let (_fixture, _daemon, admin) = at(BEFORE, Fixture::new(&config));
    until("the entry is there", || admin.post("/subscribers/search", &[("q", "alert")]).status == 303);
    let path = found(&admin, "alert");
    let pages = [path.clone(), format!("{path}/change"), format!("{path}/unsubscribe"), format!("{path}/erase")];
    let mut pages: Vec<_> = pages.iter().map(|path| admin.get(path).is(200)).collect();
    pages.push(admin.post("/subscribers/search", &[("q", "\"><script>alert(1)</script>@")]).is(200));
    let rows = format!("{HEADER}<script>alert(1)</script>,school,<script>alert(1)</script>,4-5,,,\n");
    pages.push(admin.post_file(PREVIEW, &[], &rows).is(200));
    for page in pages {
        assert!(!page.body.contains("<script>alert"), "{}", page.body);
    }
}
