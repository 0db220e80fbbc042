//! The index of a preview: one page for every mail of an edition, from disk, with what differs from the edition before.

use std::fs;

use serde_json::{Value, json};

use crate::browser::browse;
use crate::support::fixture::{BASE, Fixture, three};

const MONDAY: &str = "2026-11-30T08:30:00Z";
const TUESDAY: &str = "2026-12-01T08:30:00Z";

/// A service with many kinds of readers, whose edition 7 went out.
fn service() -> Fixture {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    let notice =
        "+++\ntitle = \"Mind the gap\"\nfrom = 2026-12-05\nuntil = 2026-12-31\n+++\n\nSomething to know this month.\n";
    fixture.write("activities/notices/mind-the-gap.md", notice);
    fixture.at(MONDAY, &["send"]).exits(0);
    let bands = ["4-5", "5-7", "8-10", "11-14", "14+"];
    let mut rows = "name,sector,email,bands,ages,locale,urn\n".to_owned();
    for (at, sector) in ["school", "health", "charity", "other"].iter().enumerate() {
        for set in 1_u32..32 {
            let of: Vec<&str> = (0..5).filter(|bit| set >> bit & 1 == 1).map(|bit| bands[bit]).collect();
            rows.push_str(&format!("<b>Name</b> {at} {set},{sector},m{at}.{set}@x.example,{},,,\n", of.join(" ")));
        }
    }
    fixture.write("more.csv", &rows);
    fixture.at(TUESDAY, &["subscribers", "import", "more.csv"]).exits(0);
    fixture
}

#[test]
fn it_groups_by_sector_shows_the_notices_and_what_differs() {
    let fixture = service();
    fixture.at(TUESDAY, &["preview", "--edition", "8", "--out", "look"]).exits(0);
    let index = fs::read_to_string(fixture.path("look/index.html")).unwrap();
    assert_eq!(index.matches("<details class=\"group\"").count(), 4, "one group for each sector");
    assert_eq!(index.matches("<iframe").count(), 1);
    // Every mail is reached from it, and its files lie beside the page.
    let mails = index.matches("target=\"digest\"").count();
    assert!(mails >= 124, "{mails}");
    for link in index.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(link.starts_with('#') || fixture.path("look").join(link).exists(), "{link} is missing");
    }
    for part in [
        "Mind the gap</strong> <span class=\"muted\">from 5 December 2026 until 31 December 2026",
        "Compared with edition 7 of Monday 30 November 2026",
        "<span class=\"mark new\">New</span> Mind the gap",
        "<th scope=\"row\">Schools</th><td>3</td><td>34 <ins>(31 more)</ins></td>",
        "<th scope=\"row\">Theme</th><td><del>",
        "&lt;b&gt;Name&lt;/b&gt;",
    ] {
        assert!(index.contains(part), "{part} is missing");
    }
    // The first edition has nothing to be compared with; what was published is shown as it went out.
    fixture.at(TUESDAY, &["preview", "--edition", "7", "--out", "sent"]).exits(0);
    let sent = fs::read_to_string(fixture.path("sent/index.html")).unwrap();
    assert!(sent.contains("No edition was published before it.") && sent.contains("It has no notice."));
}

#[test]
fn it_works_from_disk_and_everyone_can_read_it() {
    let fixture = service();
    fixture.at(TUESDAY, &["preview", "--edition", "8", "--out", "look"]).exits(0);
    let url = format!("file://{}", fixture.path("look/index.html").display());
    let mut tasks = Vec::new();
    for width in [390, 1280] {
        for (dark, forced) in [(false, false), (true, false), (false, true)] {
            tasks.push(json!({"do": "look", "url": url, "width": width, "dark": dark, "forced": forced}));
        }
    }
    let Some(results) = browse(&Value::Array(tasks)) else { return };
    for result in &results {
        assert_eq!((&result["violations"], &result["overflow"]), (&json!([]), &json!(0)));
        assert_eq!((&result["foreign"], &result["errors"]), (&json!([]), &json!([])));
    }
}
