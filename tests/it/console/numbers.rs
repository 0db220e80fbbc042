//! The number under which a bulletin is sent stands nowhere: not on a page of the console or of the website, and not in what a
//! command prints. People know a bulletin by its name.

use std::collections::{BTreeSet, VecDeque};

use crate::support::bounces::{bounce, take};
use crate::support::console::Browser;
use crate::support::fixture::{BASE, Fixture, three};
use crate::support::http::{ask, daemon};
use crate::support::sending::{WARNING, WARNING_TEXT};

const SENT: &str = "2026-11-30T08:05:00Z";
const AFTER: &str = "2026-12-01T10:00:00Z";

/// How the numbers of bulletins begin, in digits and in groups of three.
const NUMBERS: [&str; 2] = ["21474836", "2,147,483,6"];

/// An edition and a bulletin went out: of the bulletin's mails one came back, one was refused and one is uncertain, and a wave of
/// bounces waits for someone.
fn fixture() -> Fixture {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(SENT, &["send"]).exits(0);
    for name in ["warning", "chat"] {
        fixture.write(&WARNING.replace("warning", name), &WARNING_TEXT.replace("A game", &format!("A {name}")));
        fixture.at(SENT, &["bulletin", name, "--yes", "--beside-edition"]).exits(0);
    }
    take(&fixture, AFTER, &[bounce(&fixture, "office@hillside.example", "5.1.1")]);
    fixture.change(
        "UPDATE deliveries SET state = 6 WHERE mailing > 2147483647 AND recipient = 3;
         UPDATE deliveries SET state = 5 WHERE mailing > 2147483647 AND recipient = 4;
         UPDATE editions SET accepted = accepted - 2 WHERE number > 2147483647;
         INSERT INTO waves (edition, scope, at, state) SELECT number, 'edition', published_at, 'open' FROM editions
             WHERE number > 2147483647;
         INSERT INTO bounces (recipient, edition, at, status, meaning, wave)
             SELECT 2, edition, at, '5.1.1', 'gone', id FROM waves;",
    );
    fixture
}

#[track_caller]
fn looked_through(what: &str, text: &str) {
    for number in NUMBERS {
        if let Some(at) = text.find(number) {
            let (from, to) = (text.floor_char_boundary(at.saturating_sub(200)), text.ceil_char_boundary(at + 60));
            panic!("{what} says {number}: …{}…", &text[from..to]);
        }
    }
}

#[test]
fn no_page_of_the_console_shows_the_number_of_a_bulletin() {
    let fixture = fixture();
    let _console = fixture.spawn(&["-v", "--now", AFTER, "console"], "log");
    let browser = Browser::first(&fixture);
    let (mut seen, mut ahead) = (BTreeSet::new(), VecDeque::from(["/".to_owned()]));
    while let Some(path) = ahead.pop_front() {
        assert!(seen.len() < 600, "too many pages to look at: {seen:#?}");
        let page = browser.get(&path);
        // Where there is nothing to decide, a question answers with a refusal.
        assert!(page.status < 500, "{path}: {}", page.text());
        looked_through(&path, &format!("{}{}{}", page.location, page.head, page.body));
        let links = ["href=\"", "src=\""].into_iter().flat_map(|begin| page.body.split(begin).skip(1));
        for link in links.filter_map(|rest| rest.split('"').next()) {
            let link = link.replace("&amp;", "&");
            let is_page = link.starts_with('/') && !link.starts_with("//");
            if is_page && is_worth_a_look(&link) && seen.insert(link.clone()) {
                ahead.push_back(link);
            }
        }
    }
    for wanted in
        ["/bulletins/warning", "/deliveries?edition=bulletin:warning", "/suppressions/waves/", "/log", "/report"]
    {
        let wanted = wanted.replace("bulletin:", "bulletin%3A");
        assert!(seen.iter().any(|path| path.starts_with(&wanted)), "nobody comes to {wanted}: {seen:?}");
    }
    browser.get("/deliveries?edition=bulletin%3Awarning&state=all").is(200).says("Deliveries of bulletin warning");
    let question = "/deliveries/retry?edition=bulletin%3Awarning&state=trouble";
    browser.decide(question, &[]).says("mails of bulletin warning are sent again");
    browser.get("/deliveries?edition=2147483649").is(409);
    let log = std::fs::read_to_string(fixture.path("log")).unwrap_or_default();
    looked_through("the log", &log);
}

/// The library has hundreds of texts, and the year many editions, each of which is shown as any other; and there are files that are
/// kept for ever.
fn is_worth_a_look(path: &str) -> bool {
    let is_text = path.starts_with("/library/") && !path.starts_with("/library/bulletins/");
    let is_far = path.starts_with("/editions/") && !path.starts_with("/editions/7");
    let is_alike =
        ["/calendar?", "/bulletins/chat/", "/library/bulletins/correction"].iter().any(|one| path.starts_with(one));
    !is_text
        && !is_far
        && !is_alike
        && !path.starts_with("/style.css")
        && !path.contains(".js")
        && !path.starts_with("/sign-out")
}

#[test]
fn no_command_and_no_public_page_shows_the_number_of_a_bulletin() {
    let fixture = fixture();
    let run = |line: &str| {
        let ran = fixture.at(AFTER, &line.split(' ').collect::<Vec<_>>());
        looked_through(line, &format!("{}{}", ran.stdout, ran.stderr));
    };
    for line in [
        "status",
        "status --audit",
        "deliveries list",
        "deliveries list --bulletin warning",
        "deliveries list --bounced",
        "suppressions list",
        "suppressions list --wave 1",
        "subscribers list",
        "subscribers show office@hillside.example",
        "preview bulletin:warning",
        "bulletin warning --dry-run",
        "report",
        "nodes",
        "plan",
        "check",
    ] {
        run(line);
        run(&format!("{line} --json"));
    }
    for line in [
        "doctor",
        "subscribers export all.csv",
        "subscribers export",
        "hold bulletin:warning",
        "approve bulletin:warning",
        "deliveries resolve --bulletin warning --as accepted",
        "deliveries retry --bulletin warning",
        "deliveries retry --bulletin chat --json",
        "suppressions confirm 1",
        "suppressions dismiss 2",
        "bulletin warning",
        "withdraw bulletin:warning",
        "status --audit --json",
        "backup copy.db",
    ] {
        run(line);
    }
    for file in ["all.csv", "preview/bulletin-warning/index.html", "preview/bulletin-warning/recipients.csv"] {
        looked_through(file, &std::fs::read_to_string(fixture.path(file)).unwrap_or_default());
    }
}

#[test]
fn no_page_of_the_website_shows_the_number_of_a_bulletin() {
    let fixture = fixture();
    let (mut daemon, port) = daemon(&fixture);
    for path in ["/", "/bulletins/warning", "/feed.rss", "/feed.atom", "/feed.json", "/embed", "/calendar.ics"] {
        let (head, body) = ask(port, "GET", path, "");
        assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
        looked_through(path, &format!("{head}{body}"));
    }
    daemon.signal("-TERM");
    daemon.ends();
}
