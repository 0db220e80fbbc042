//! `check` on texts that read badly, and on activities that are not written yet.

use std::fs;

use serde_json::Value;

use crate::support::fixture::Fixture;

const MONDAY: &str = "2026-11-30T08:00:00Z";

/// An activity of the kindness theme.
fn activity(title: &str, bands: &str, summary: &str, text: &str) -> String {
    format!(
        "+++\ntitle = \"{title}\"\nbands = [{bands}]\nminutes = 15\nsummary = \"{summary}\"\n\
         reviewed = 2026-09-01\nreview_by = 2028-09-01\n+++\n\n## Get ready\n\nSit down.\n\n## Do it together\n\n{text}\n\n\
         ## Talk about it\n\nHow was it?\n\n## If something worries you\n\nTell somebody.\n"
    )
}

/// The findings about one file: code, level, line and column, message.
fn findings(fixture: &Fixture, file: &str) -> Vec<(String, String, u64, u64, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let ran = fixture.at(MONDAY, &["check", "--json"]);
    let all = ran.json();
    let of_file = all.as_array().unwrap().iter().filter(|f| text(&f["file"]).ends_with(file));
    of_file
        .map(|f| {
            assert!(!text(&f["help"]).is_empty(), "{f}");
            let number = |key: &str| f[key].as_u64().unwrap();
            (text(&f["code"]), text(&f["level"]), number("line"), number("column"), text(&f["message"]))
        })
        .collect()
}

fn codes(fixture: &Fixture, file: &str) -> Vec<String> {
    findings(fixture, file).into_iter().map(|finding| finding.0).collect()
}

#[test]
fn check_is_clean_on_what_ships() {
    let config = fs::read_to_string(crate::support::root().join("config.toml")).unwrap();
    let fixture = Fixture::new(&config);
    for now in ["2026-09-01T12:00:00Z", "2026-11-23T12:00:00Z", "2027-03-01T12:00:00Z"] {
        let findings = fixture.at(now, &["check", "--json"]).exits(0).json();
        assert_eq!(findings, serde_json::json!([]), "at {now}");
    }
}

#[test]
fn a_long_sentence_and_jargon_are_shown_at_their_place() {
    let fixture = Fixture::shipped();
    let long = "one two three four five ".repeat(5);
    let text = format!(
        "Say *hello*. Then {long}six.\n\nBeware of phishing. Phishing again.\n\nA deepfake is a false picture."
    );
    fixture.write("activities/kindness/x.md", &activity("Xylophone", "\"4-5\"", "Play it.", &text));
    let found = findings(&fixture, "/x.md");
    let places: Vec<(&str, &str, u64, u64)> = found.iter().map(|f| (f.0.as_str(), f.1.as_str(), f.2, f.3)).collect();
    assert_eq!(places, [("long-sentence", "warning", 16, 14), ("jargon", "warning", 18, 11)]);
    assert!(found[0].4.contains("27 words") && found[0].4.contains("25"), "{}", found[0].4);
    assert!(found[1].4.contains("“phishing”"), "{}", found[1].4);
    fixture.at(MONDAY, &["check"]).exits(0);
}

#[test]
fn an_explanation_that_comes_late_explains_nothing() {
    let fixture = Fixture::shipped();
    let check = |text: &str| {
        fixture.write("activities/kindness/x.md", &activity("Xylophone", "\"4-5\"", "Play it.", text));
        codes(&fixture, "/x.md")
    };
    assert_eq!(check("Beware of phishing.\n\nPhishing means a message that lies."), [] as [&str; 0]);
    assert_eq!(check("Beware of phishing.\n\nSit down.\n\nPhishing means a message that lies."), ["jargon"]);
    assert_eq!(check("Say no to cookies."), ["jargon"]);
    assert_eq!(check("Take two cookies.\n\nPut them on a plate."), [] as [&str; 0]);
}

#[test]
fn a_notice_is_read_as_an_article_is() {
    let fixture = Fixture::shipped();
    fs::create_dir_all(fixture.path("activities/notices")).unwrap();
    let check = |text: &str| {
        let front =
            "title = \"A day\"\nfrom = 2027-01-25\nuntil = 2027-02-14\nreviewed = 2026-09-01\nreview_by = 2028-09-01";
        fixture.write("activities/notices/a-day.md", &format!("+++\n{front}\n+++\n\n{text}\n"));
        findings(&fixture, "/notices/a-day.md")
    };
    // Grade 8.2, as above.
    let [hard] = &check(&"Every family remembers happy and sunny holiday mornings. ".repeat(20))[..] else {
        panic!("one finding")
    };
    assert_eq!((hard.0.as_str(), hard.1.as_str(), hard.2, hard.3), ("reading-age", "warning", 9, 1));
    assert!(hard.4.contains("at most 11"), "{}", hard.4);
    let text = format!(
        "Say {}it.\n\nBeware of phishing.\n\n[Play](https://activities.example.org/activities/kindness/gone).",
        "one two three four five ".repeat(5)
    );
    let found = check(&text);
    let places: Vec<(&str, &str, u64, u64)> = found.iter().map(|f| (f.0.as_str(), f.1.as_str(), f.2, f.3)).collect();
    assert_eq!(
        places,
        [("dead-link", "error", 13, 1), ("long-sentence", "warning", 9, 1), ("jargon", "warning", 11, 11)]
    );
    assert_eq!(check("The answer is no. Sit down. Have a good day."), []);
}

#[test]
fn the_youngest_band_decides_how_hard_a_text_may_be() {
    let fixture = Fixture::shipped();
    // 8 words and 14 syllables a sentence: grade 8.2.
    let text = "Every family remembers happy and sunny holiday mornings. ".repeat(20);
    let grade = |bands: &str| {
        fixture.write("activities/kindness/x.md", &activity("Xylophone", bands, "Play it.", &text));
        findings(&fixture, "/x.md")
    };
    let [easy] = &grade("\"4-5\", \"14+\"")[..] else { panic!("one finding") };
    assert_eq!((easy.0.as_str(), easy.1.as_str(), easy.2, easy.3), ("reading-age", "warning", 12, 1));
    assert!(easy.4.contains("at most 11"), "{}", easy.4);
    let [teens] = &grade("\"11-14\"")[..] else { panic!("one finding") };
    assert!(teens.4.contains("at most 13"), "{}", teens.4);
}

#[test]
fn a_copy_is_named_once_with_what_it_copies() {
    let fixture = Fixture::shipped();
    let original = fs::read_to_string(fixture.path("activities/kindness/the-toy-post-office.md")).unwrap();
    let copy = original.replace("The toy post office", "Zebra mail").replace("Rabbit", "Zebra");
    fixture.write("activities/kindness/zebra.md", &copy);
    assert_eq!(codes(&fixture, "/the-toy-post-office.md"), [] as [&str; 0]);
    let [twin] = &findings(&fixture, "/zebra.md")[..] else { panic!("one finding") };
    assert_eq!((twin.0.as_str(), twin.1.as_str()), ("near-duplicate", "warning"));
    assert!(twin.4.contains("kindness/the-toy-post-office"), "{}", twin.4);
    // For another band it is no twin.
    fixture.write("activities/kindness/zebra.md", &copy.replace("\"4-5\"", "\"14+\""));
    assert_eq!(codes(&fixture, "/zebra.md"), [] as [&str; 0]);
}

#[test]
fn a_link_of_ours_must_lead_somewhere() {
    let fixture = Fixture::shipped();
    let link = |path: &str| {
        let text = format!("Look at\n[the other page](https://activities.example.org{path}).");
        fixture.write("activities/kindness/x.md", &activity("Xylophone", "\"4-5\"", "Play it.", &text));
        findings(&fixture, "/x.md")
    };
    for good in
        ["/activities/kindness/the-toy-post-office", "/activities/kindness/the%2Dtoy-post-office?x#y", "/", "/feed.rss"]
    {
        assert_eq!(link(good), [], "{good}");
    }
    for dead in ["/activities/kindness/the-toy-postoffice", "/activities/kindness", "/editions/7", "/editions/x"] {
        let [found] = &link(dead)[..] else { panic!("{dead}: one finding") };
        assert_eq!((found.0.as_str(), found.1.as_str(), found.2, found.3), ("dead-link", "error", 17, 1), "{dead}");
    }
    fixture.at(MONDAY, &["check"]).exits(1);
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(link("/editions/7"), []);
}

#[test]
fn a_new_activity_is_a_draft_that_breaks_nothing_until_it_is_written() {
    let fixture = Fixture::shipped();
    let before = fixture.at(MONDAY, &["plan", "--fortnights", "26", "--json"]).exits(0).stdout;
    let ran = fixture.at(MONDAY, &["activities", "new", "kindness", "8-10", "--title", "Who’s there?"]).exits(0);
    assert_eq!(ran.stdout, "activities/kindness/whos-there.md\n");
    ran.complains("[Write here: …]");
    let file = fixture.path("activities/kindness/whos-there.md");
    let draft = fs::read_to_string(&file).unwrap();
    assert!(
        draft.contains("title = \"Who’s there?\"\nbands = [\"8-10\"]\n") && draft.contains("reviewed = 2026-11-30\n")
    );
    assert_eq!(codes(&fixture, "/whos-there.md"), ["draft-left-out"]);
    fixture.at(MONDAY, &["check"]).exits(0);
    assert_eq!(fixture.at(MONDAY, &["plan", "--fortnights", "26", "--json"]).exits(0).stdout, before);
    // What is still wrong in a draft stops nothing.
    fs::write(&file, draft.replace("minutes = 15 ", "minutes = 99 ").replace("## Talk about it", "## Talk")).unwrap();
    assert_eq!(codes(&fixture, "/whos-there.md"), ["out-of-range", "draft-left-out", "unknown-heading"]);
    fixture.at(MONDAY, &["send"]).exits(0);
    // Written, it is an activity like every other.
    let written = draft.replace("[Write here: ", "");
    fs::write(&file, written.replace(".]", ".").replace("?]", "?")).unwrap();
    assert_eq!(codes(&fixture, "/whos-there.md"), [] as [&str; 0]);
    let after = fixture.at(MONDAY, &["plan", "--fortnights", "26", "--json"]).exits(0);
    after.says("kindness/whos-there");
}

#[test]
fn what_cannot_become_an_activity_is_refused_and_nothing_is_written() {
    let fixture = Fixture::shipped();
    let before = fixture.fingerprint();
    let refused = |arguments: &[&str]| fixture.at(MONDAY, &[&["activities", "new"], arguments].concat()).exits(2);
    let ran = refused(&["private-informatoin", "8-10"]);
    ran.complains("did you mean private-information?");
    ran.complains("the themes are private-information, ");
    ran.complains(", kindness");
    ran.complains("activities/private-informatoin/theme.md first");
    refused(&["../kindness", "8-10"]).complains("there is no theme");
    refused(&["notices", "8-10"]).complains("there is no theme");
    refused(&["kindness", "9-10"]).complains("the bands are 4-5, 5-7, 8-10, 11-14, 14+");
    for title in ["", "?!", "Theme", "a\\b", "a\nb", "x](y"] {
        refused(&["kindness", "8-10", "--title", title]).complains("--title");
    }
    let taken = ["activities", "new", "kindness", "8-10", "--title", "The toy post office"];
    fixture.at(MONDAY, &taken).exits(1).complains("the-toy-post-office.md exists already");
    assert_eq!(fixture.fingerprint(), before);
}

#[cfg(unix)]
#[test]
fn a_new_activity_may_be_read_by_those_who_read_the_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = Fixture::shipped();
    fixture.at(MONDAY, &["activities", "new", "kindness", "14+"]).exits(0).says("activities/kindness/new-14-plus.md");
    let made = fs::metadata(fixture.path("activities/kindness/new-14-plus.md")).unwrap().permissions().mode();
    fixture.write("plain.md", "");
    let plain = fs::metadata(fixture.path("plain.md")).unwrap().permissions().mode();
    assert_eq!(made, plain);
}
