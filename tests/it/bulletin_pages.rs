//! Bulletins on the web: the page, the front page and the feeds, of those that were sent and of no other.

use serde_json::Value;

use crate::support::fixture::{BASE, Fixture, three};
use crate::support::http::{ask, daemon};

const BEFORE: &str = "2026-11-25T12:00:00Z";

/// Nothing in it is taken for markup.
const HOSTILE: &str = "+++\ntitle = \"<b>Games</b> & ]]> \\\"chats\\\"\"\nsummary = \"A <script>alert(1)</script> summary.\"\n\
                       bands = [\"8-10\"]\n+++\n\nAsk &lt;them&gt; to **show** you.\n";

fn fixture() -> Fixture {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.write("activities/bulletins/games.md", HOSTILE);
    fixture.write("activities/bulletins/unsent.md", HOSTILE);
    fixture.at(BEFORE, &["bulletin", "games", "--yes"]).exits(0);
    fixture
}

#[test]
fn only_what_was_sent_is_on_the_web() {
    let fixture = fixture();
    let (mut daemon, port) = daemon(&fixture);
    let get = |path: &str| ask(port, "GET", path, "");
    let (head, page) = get("/bulletins/games");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("content-security-policy: default-src 'none'"), "{head}");
    assert!(page.contains("&lt;b&gt;Games&lt;/b&gt;") && !page.contains("<script>alert"), "{page}");
    assert!(page.contains("Leave this page now") && page.contains("0800 1111"), "{page}");
    assert!(!page.contains("/u/") && !page.contains("/preferences/"), "{page}");
    for path in ["/bulletins/unsent", "/bulletins/none", "/bulletins/..%2fx", "/bulletins/"] {
        assert!(get(path).0.starts_with("http/1.1 404"), "{path}: {}", get(path).0);
    }
    let front = get("/").1;
    assert!(
        front.contains("href=\"https://activities.example.org/bulletins/games\"") && !front.contains("unsent"),
        "{front}"
    );
    daemon.signal("-TERM");
    daemon.ends();
    // What it said then is what is shown, whatever becomes of its file.
    fixture.write("activities/bulletins/games.md", &HOSTILE.replace("Ask", "Tell"));
    let (mut daemon, port) = crate::support::http::daemon(&fixture);
    assert_eq!(ask(port, "GET", "/bulletins/games", "").1, page);
    daemon.signal("-TERM");
    daemon.ends();
}

#[test]
fn its_page_says_whom_it_went_to_and_not_whom_its_file_names() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    let file = HOSTILE.replace("[\"8-10\"]", "[\"8-10\", \"11-14\"]");
    for (name, bands) in [("few", "8-10"), ("both", "8-10,11-14")] {
        fixture.write(&format!("activities/bulletins/{name}.md"), &file);
        fixture.at(BEFORE, &["bulletin", name, "--bands", bands, "--yes"]).exits(0);
    }
    let (mut daemon, port) = daemon(&fixture);
    let page = |name: &str| ask(port, "GET", &format!("/bulletins/{name}"), "").1;
    assert!(page("few").contains("· for ages 8 to 10</p>"), "{}", page("few"));
    assert!(page("both").contains("· for ages 8 to 14</p>"), "{}", page("both"));
    daemon.signal("-TERM");
    daemon.ends();
}

#[test]
fn feeds_have_it_for_those_whom_it_is_for() {
    let fixture = fixture();
    let (mut daemon, port) = daemon(&fixture);
    let items = |query: &str| {
        let text = ask(port, "GET", &format!("/feed.json{query}"), "").1;
        let feed: Value = serde_json::from_str(&text).unwrap();
        feed["items"].as_array().unwrap().clone()
    };
    let all = items("");
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["url"], "https://activities.example.org/bulletins/games");
    assert_eq!(all[0]["title"], "<b>Games</b> & ]]> \"chats\"");
    let content = all[0]["content_html"].as_str().unwrap();
    assert!(content.contains("&lt;script&gt;") && content.contains("0800 1111"), "{content}");
    assert_eq!(items("?bands=8-10,14%2B"), all, "it reads the same, under the same id");
    assert!(items("?bands=4-5").is_empty());
    for kind in ["rss", "atom"] {
        let text = ask(port, "GET", &format!("/feed.{kind}"), "").1;
        assert!(text.contains(all[0]["id"].as_str().unwrap()), "{text}");
        quick_xml(&text);
    }
    daemon.signal("-TERM");
    daemon.ends();
}

/// Reads the whole document.
fn quick_xml(text: &str) {
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Eof) => return,
            Ok(_) => {}
            Err(error) => panic!("{error}: {text}"),
        }
    }
}
