//! A text that was changed after it had gone out: mended on the web as a slip, while the mails keep what they said.

use super::{BEFORE, opened};
use crate::support::fixture::{pick, until};
use crate::support::http;

#[test]
fn a_slip_is_mended_on_the_website_and_what_was_sent_stays() {
    let (fixture, _daemon, browser) = opened();
    fixture.at(BEFORE, &["approve", "7"]).exits(0);
    let row = fixture.planned(BEFORE, 7);
    fixture.at(BEFORE, &["send", "--edition", "7", "--yes"]).exits(0);
    let mails: Vec<String> = fixture.mails().into_iter().map(|mail| mail.text).collect();
    let chosen = pick(&row, "8-10");
    let (id, title) = (chosen["id"].as_str().unwrap().to_owned(), chosen["title"].as_str().unwrap().to_owned());
    browser.get("/editions/7").is(200).lacks("Changed since it went out");
    browser.get(&format!("/editions/7/correct?text={id}")).is(409).says("nothing to correct");
    fixture.edit(
        &format!("activities/{id}.md"),
        &format!("title = \"{title}\""),
        "title = \"The mended <b>title</b>\"",
    );
    until("the change is seen", || browser.get("/editions/7").body.contains("Changed since it went out"));
    let page = browser.get("/editions/7").is(200).says("[added:").says("The mended <b>title</b>");
    let link =
        page.body.split("href=\"").find(|link| link.contains("/correct?text=")).unwrap().split('"').next().unwrap();
    let question =
        browser.get(link).is(200).says("Mails keep what they said").says("Corrected on Thursday 26 November 2026");
    browser.press_on(&question, &[]).is(303);
    browser.get("/editions/7").is(200).lacks("Changed since it went out");
    browser.press_on(&question, &[]).is(409);
    fixture.at(BEFORE, &["status", "--audit"]).exits(0).says("correct-text");
    browser.get("/log").is(200).says("Edition 7 has a text that was corrected on the website");
    // The mails are as they were, and the website shows the mended text with its mark.
    assert_eq!(fixture.mails().into_iter().map(|mail| mail.text).collect::<Vec<_>>(), mails);
    let port = http::port(&fixture);
    let get = |path: &str| http::ask(port, "GET", path, "").1;
    for path in [format!("/activities/{id}"), "/editions/7".to_owned()] {
        let page = get(&path);
        assert!(page.contains("The mended &lt;b&gt;title&lt;/b&gt;"), "{path}: {page}");
        assert_eq!(page.matches("Corrected on Thursday 26 November 2026.").count(), 1, "{path}");
    }
    let feed: serde_json::Value = serde_json::from_str(&get("/feed.json")).unwrap();
    let item = &feed["items"][0];
    assert!(item["content_html"].as_str().unwrap().contains("The mended &lt;b&gt;"), "{item:#}");
    // The daemon's clock has gone on since the edition was published.
    assert_eq!(item["date_published"], "2026-11-26T09:00:00+00:00");
    assert!(item["date_modified"].as_str() > item["date_published"].as_str(), "{item:#}");
}
