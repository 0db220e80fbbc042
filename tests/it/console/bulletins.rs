//! Bulletins in the console: from a file to a mail, with every decision asked about.

use std::time::Duration;

use super::looks::looks;
use super::{BEFORE, opened};
use crate::browser::{browse, is_clean};
use crate::support::fixture::{Fixture, until, until_within};
use crate::support::sending::CORRECTION;

pub(super) const GAMES: &str = "+++\ntitle = \"A game <b>with</b> strangers\"\nsummary = \"Here is what to ask.\"\n+++\n\nAsk your child to \
                     **show you** the game.\n";

fn state(fixture: &Fixture, name: &str) -> String {
    let status = fixture.at(BEFORE, &["status", "--json"]).exits(0).json();
    let all = status["bulletins"].as_array().unwrap().clone();
    let found = all.iter().find(|one| one["name"] == name);
    found.map(|one| one["state"].as_str().unwrap().to_owned()).unwrap_or_default()
}

#[test]
fn it_is_looked_at_approved_and_sent_by_buttons() {
    let (fixture, _daemon, browser) = opened();
    browser.get("/bulletins").is(200).says("There are no bulletins yet");
    fixture.write("activities/bulletins/games.md", GAMES);
    until("the file is read", || browser.get("/bulletins").body.contains("/bulletins/games"));
    let page =
        browser.get("/bulletins/games").is(200).says("A game <b>with</b> strangers").says("waiting for approval");
    let page = page.says("For everyone").says("How it reads").lacks("Send it now");
    let segment = page.body.split("href=\"").find(|link| link.starts_with("/bulletins/games/segments/")).unwrap();
    let segment = segment.split('"').next().unwrap();
    browser.get(segment).is(200).says("Plain text").says("Back to the bulletin");
    let mail = browser.get(&format!("{segment}/mail?view=light")).is(200);
    assert!(mail.header("content-security-policy").unwrap().starts_with("sandbox"), "{}", mail.head);
    assert!(mail.body.contains("&lt;b&gt;with&lt;/b&gt;") && mail.body.contains("Unsubscribe"), "{}", mail.body);
    browser.get(&format!("{segment}/mail?view=source")).is(200).says("List-Unsubscribe");
    browser.get("/bulletins/games/send").is(409).says("has to approve this bulletin");
    browser.decide("/bulletins/games/approve", &[]).says("approved now").says("Send it now");
    assert_eq!(state(&fixture, "games"), "approved");
    browser.get("/bulletins/games/send").is(200).says("It goes to 4 mailboxes").says("can't be called back");
    browser.decide("/bulletins/games/send", &[]).says("goes out now, to 4 mailboxes");
    // The daemon is told, and doesn't wait for its next beat.
    until_within(Duration::from_secs(5), "the daemon sends it", || state(&fixture, "games") == "sent");
    assert_eq!(fixture.mail_count(), 4);
    browser.get("/bulletins/games").is(200).says("Who it was for").says("Its page on the web").lacks("Withdraw");
    browser.get("/bulletins").is(200).says("to 4 mailboxes");
    fixture.at(BEFORE, &["status", "--audit"]).exits(0).says("publish");
}

#[test]
fn what_was_edited_meanwhile_is_not_what_is_approved() {
    let (fixture, _daemon, browser) = opened();
    fixture.write("activities/bulletins/games.md", GAMES);
    until("the file is read", || browser.get("/bulletins").body.contains("/bulletins/games"));
    let question = browser.get("/bulletins/games/approve").is(200);
    let page = browser.get("/bulletins/games");
    let read = page.body.split("href=\"").find(|link| link.starts_with("/bulletins/games/approve?")).unwrap();
    let read = read.split('"').next().unwrap().replace("&amp;", "&");
    browser.get(&read).is(200).lacks("has changed since you looked at it");
    fixture.write("activities/bulletins/games.md", &GAMES.replace("Ask your", "Tell your"));
    until("the file is read again", || {
        let page = browser.get("/bulletins/games");
        let segment = page.body.split("href=\"").find(|link| link.starts_with("/bulletins/games/segments/")).unwrap();
        let segment = segment.split('"').next().unwrap().to_owned();
        browser.get(&format!("{segment}/mail?view=text")).body.contains("Tell your")
    });
    browser.press_on(&question, &[]).is(409).says("has changed since you looked at this");
    browser.get(&read).is(200).says("has changed since you looked at it (text)");
    assert_eq!(state(&fixture, "games"), "planned");
    browser.decide("/bulletins/games/hold", &[("reason", "not yet")]).says("held now").says("not yet");
    let now = browser.get("/").is(200).says("Bulletin games is held and won’t go out by itself");
    assert!(now.body.contains("/bulletins/games/release"), "{}", now.body);
    browser.decide("/bulletins/games/release", &[]).says("now");
    browser.decide("/bulletins/games/withdraw", &[]).says("withdrawn now");
    browser.decide("/bulletins/games/reinstate", &[]).says("waiting for approval");
    browser.get("/bulletins/none").is(404).says("There's no such bulletin");
    browser.get("/bulletins/No%20Name").is(404);
}

#[test]
fn what_changed_since_it_was_approved_is_shown_word_by_word() {
    let (fixture, _daemon, browser) = opened();
    fixture.write("activities/bulletins/games.md", GAMES);
    until("the file is read", || browser.get("/bulletins").body.contains("/bulletins/games"));
    browser.decide("/bulletins/games/approve", &[]).says("approved now").lacks("What changed since it was approved");
    fixture.write("activities/bulletins/games.md", &GAMES.replace("Ask your", "Tell your"));
    let marked = |page: &str| page.contains("taken out: </span>Ask") && page.contains("added: </span>Tell");
    until("it's shown", || marked(&browser.get("/bulletins/games").body));
    browser.get("/bulletins/games").says("What changed since it was approved").says("needs approval again");
    browser.decide("/bulletins/games/approve", &[]).lacks("What changed since it was approved");
}

#[test]
fn a_correction_goes_to_the_readers_of_the_edition_that_is_chosen() {
    let (fixture, _daemon, browser) = opened();
    fixture.at(BEFORE, &["approve", "7"]).exits(0);
    fixture.at(BEFORE, &["send", "--edition", "7", "--yes"]).exits(0);
    let before = fixture.mail_count();
    fixture.write("activities/bulletins/number.md", CORRECTION);
    until("the file is read", || browser.get("/bulletins").body.contains("/bulletins/number"));
    let page = browser.get("/bulletins/number").is(200).says("Which mail does it correct?");
    page.lacks("How it reads");
    let page = browser.get("/bulletins/number?edition=7").is(200).says("who got edition 7, which it corrects");
    assert!(page.body.contains("/bulletins/number/approve?edition=7"), "{}", page.body);
    browser.decide("/bulletins/number/approve?edition=7", &[]).says("approved now");
    browser.get("/bulletins/number/send").is(409).says("Choose first what it corrects");
    browser.get("/bulletins/number/send?edition=3").is(409).says("hasn't been sent");
    browser.get("/bulletins/number/send?edition=7").is(200).says("may have been, and who haven't left since");
    browser.decide("/bulletins/number/send?edition=7", &[]).says("goes out now");
    fixture.at(BEFORE, &["bulletin", "number"]).exits(0);
    assert_eq!(state(&fixture, "number"), "sent");
    assert_eq!(fixture.mail_count(), 2 * before);
    let corrections: Vec<_> =
        fixture.mails().into_iter().filter(|mail| mail.subject.starts_with("Correction: ")).collect();
    assert_eq!(corrections.len(), before);
    let said = corrections[0].text.replace('\n', " ");
    assert!(said.contains("(edition 7, “") && said.contains("What was wrong"), "{said}");
}

#[test]
fn a_plain_bulletin_goes_to_everyone_or_to_the_readers_who_are_chosen() {
    let (fixture, _daemon, browser) = opened();
    fixture.at(BEFORE, &["approve", "7"]).exits(0);
    fixture.at(BEFORE, &["send", "--edition", "7", "--yes"]).exits(0);
    fixture.write("activities/bulletins/games.md", GAMES);
    fixture.write("activities/bulletins/number.md", CORRECTION);
    until("the files are read", || browser.get("/bulletins").body.contains("/bulletins/number"));
    let page = browser.get("/bulletins/games").is(200).says("Who should get it?").says("Everyone it is for");
    assert!(page.body.contains("<option value=\"7\">Edition 7, "), "{}", page.body);
    browser.decide("/bulletins/games/approve", &[]).says("approved now");
    browser.get("/bulletins/games?edition=7").is(200).says("who got edition 7, which it is about");
    browser.decide("/bulletins/games/send?edition=7", &[]).says("goes out now");
    fixture.at(BEFORE, &["bulletin", "games"]).exits(0);
    let said = fixture.mails().into_iter().find(|mail| mail.text.contains("This is about the email")).unwrap().text;
    assert!(said.replace('\n', " ").contains("(edition 7, “") && !said.contains("What was wrong"), "{said}");
    // Of bulletins, those that were sent can be corrected.
    let page = browser.get("/bulletins/number").is(200);
    assert!(page.body.contains("<option value=\"bulletin:games\">Bulletin, "), "{}", page.body);
    browser.get("/bulletins/number?edition=bulletin:games").is(200).says("who got bulletin games, which it corrects");
    browser.get("/bulletins/number/send?edition=bulletin:none").is(409).says("Bulletin none hasn't been sent");
}

#[test]
fn a_test_copy_goes_to_one_address_and_is_in_the_log() {
    let (fixture, _daemon, browser) = opened();
    fixture.write("activities/bulletins/games.md", GAMES);
    until("the file is read", || browser.get("/bulletins").body.contains("/bulletins/games"));
    let page = browser.get("/bulletins/games/test-copy").is(200).says("As which readers get it?");
    let segment = page.body.split("<option value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("to", "officer@example.org"), ("segment", segment.as_str())];
    browser.press_on(&page, &[("to", "nobody"), ("segment", segment.as_str())]).is(422);
    browser.decide("/bulletins/games/test-copy", &fields).says("on its way to officer@example.org");
    assert_eq!(fixture.mail_count(), 1);
    assert!(fixture.mails()[0].subject.starts_with("[Test copy] "), "{}", fixture.mails()[0].subject);
    assert_eq!(state(&fixture, "games"), "planned");
    fixture.at(BEFORE, &["status", "--audit"]).exits(0).says("test-copy");
}

#[test]
fn its_pages_are_accessible_narrow_and_wide_light_and_dark() {
    let (fixture, _daemon, browser) = opened();
    fixture.at(BEFORE, &["approve", "7"]).exits(0);
    fixture.at(BEFORE, &["send", "--edition", "7", "--yes"]).exits(0);
    fixture.write("activities/bulletins/games.md", GAMES);
    fixture.write("activities/bulletins/number.md", CORRECTION);
    until("the files are read", || browser.get("/bulletins/number").status == 200);
    fixture.at(BEFORE, &["approve", "bulletin:games"]).exits(0);
    fixture.at(BEFORE, &["bulletin", "games", "--beside-edition"]).exits(0);
    let paths = [
        "/bulletins",
        "/bulletins/games",
        "/bulletins/number",
        "/bulletins/number?edition=7",
        "/bulletins/number/approve?edition=7",
        "/bulletins/number/test-copy?edition=7",
    ];
    let tasks = looks(&browser, &paths);
    let Some(results) = browse(&tasks) else { return };
    is_clean(&tasks, &results);
}
