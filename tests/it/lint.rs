//! `check` on texts that read badly, and on activities that are not written yet.

use std::fs;

use serde_json::Value;

use crate::support::fixture::Fixture;

const MONDAY: &str = "2026-11-30T08:00:00Z";

/// An activity of the kindness theme.
fn activity(title: &str, bands: &str, summary: &str, text: &str) -> String {
    format!(
        "+++\ntitle = \"{title}\"\nbands = [{bands}]\nminutes = 15\nsummary = \"{summary}\"\n\
         reviewed = 2026-09-01\nreview_by = 2028-09-01\n+++\n\n## Get ready\n\nSit down together at the table before the two of you begin to play.\n\n## Do it together\n\n{text}\n\n\
         ## Talk about it\n\nHow was it for you when you played the game together?\n\n## If something worries you\n\nTell someone that you trust, and ask them what you can do next.\n"
    )
}

/// What activities get that a test writes alike.
const ALIKE: &str = "near-duplicate";

type Finding = (String, String, u64, u64, String);

/// The findings of one check, by the names of the files that are asked for: code, level, line and column, message.
/// A check is the dearest thing here, so one looks at many files.
fn findings_by_file<const N: usize>(fixture: &Fixture, files: [&str; N]) -> [Vec<Finding>; N] {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = fixture.at(MONDAY, &["check", "--json"]).json();
    let all = all.as_array().unwrap();
    let read = |f: &Value| {
        assert!(!text(&f["help"]).is_empty(), "{f}");
        let number = |key: &str| f[key].as_u64().unwrap();
        (text(&f["code"]), text(&f["level"]), number("line"), number("column"), text(&f["message"]))
    };
    // What the library as a whole lacks has no line.
    let placed = || all.iter().filter(|f| f["line"].is_u64());
    files.map(|file| placed().filter(|f| text(&f["file"]).ends_with(file)).map(read).collect())
}

fn findings(fixture: &Fixture, file: &str) -> Vec<Finding> {
    let [found] = findings_by_file(fixture, [file]);
    found
}

fn codes(fixture: &Fixture, file: &str) -> Vec<String> {
    findings(fixture, file).into_iter().map(|finding| finding.0).collect()
}

/// Writes each text as an activity of its own, and checks once: the codes that each gets.
fn codes_of<const N: usize>(fixture: &Fixture, texts: [&str; N]) -> [Vec<String>; N] {
    let names: [String; N] = std::array::from_fn(|nth| format!("/x{nth}.md"));
    for (name, text) in names.iter().zip(texts) {
        let title = format!("Xylophone {name}").replace(['/', '.'], " ");
        fixture.write(&format!("activities/kindness{name}"), &activity(&title, "\"4-5\"", "Play it.", text));
    }
    let found = findings_by_file(fixture, std::array::from_fn(|nth| names[nth].as_str()));
    found.map(|of_one| of_one.into_iter().map(|finding| finding.0).filter(|code| code != ALIKE).collect())
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
fn what_an_office_writes_is_said_in_plain_words() {
    let fixture = Fixture::shipped();
    let text = "Utilise the multi-factor authentication functionality of the platform.";
    fixture.write("activities/kindness/x.md", &activity("Xylophone", "\"4-5\"", "Play it.", text));
    let found: Vec<_> = findings(&fixture, "/x.md").into_iter().filter(|f| f.0 == "jargon").collect();
    let said = |word: &str| found.iter().any(|f| f.4.contains(word));
    assert_eq!(found.len(), 3, "{:?}", found.iter().map(|f| &f.4).collect::<Vec<_>>());
    assert!(said("“Utilise”") && said("“multi-factor authentication”") && said("“functionality”"));
    fixture.at(MONDAY, &["check"]).exits(0);
}

#[test]
fn an_explanation_that_comes_late_explains_nothing() {
    let fixture = Fixture::shipped();
    let texts = [
        "Beware of phishing.\n\nPhishing means a message that lies.",
        "Beware of phishing.\n\nSit down.\n\nPhishing means a message that lies.",
        "Say no to cookies.",
        "Take two cookies.\n\nPut them on a plate.",
    ];
    assert_eq!(codes_of(&fixture, texts), [vec![], vec!["jargon"], vec!["jargon"], vec![]]);
}

#[test]
fn a_notice_is_read_as_an_article_is() {
    let fixture = Fixture::shipped();
    fs::create_dir_all(fixture.path("activities/notices")).unwrap();
    let write = |name: &str, text: &str| {
        let front = format!(
            "title = \"{name}\"\nfrom = 2027-01-25\nuntil = 2027-02-14\nreviewed = 2026-09-01\nreview_by = 2028-09-01"
        );
        fixture.write(&format!("activities/notices/{name}.md"), &format!("+++\n{front}\n+++\n\n{text}\n"));
    };
    // Grade 8.2, as below.
    write("hard", &"Every family remembers happy and sunny holiday mornings. ".repeat(20));
    write(
        "faulty",
        &format!(
            "Say {}it.\n\nBeware of phishing.\n\n[Play](https://activities.example.org/activities/kindness/gone).",
            "one two three four five ".repeat(5)
        ),
    );
    write("good", "The answer is no. Sit down. Have a good day.");
    let [hard, faulty, good] =
        findings_by_file(&fixture, ["/notices/hard.md", "/notices/faulty.md", "/notices/good.md"]);
    let [hard] = &hard[..] else { panic!("one finding: {hard:?}") };
    assert_eq!((hard.0.as_str(), hard.1.as_str(), hard.2, hard.3), ("reading-age", "warning", 9, 1));
    assert!(hard.4.contains("at most 11"), "{}", hard.4);
    let places: Vec<(&str, &str, u64, u64)> = faulty.iter().map(|f| (f.0.as_str(), f.1.as_str(), f.2, f.3)).collect();
    assert_eq!(
        places,
        [("dead-link", "error", 13, 1), ("long-sentence", "warning", 9, 1), ("jargon", "warning", 11, 11)]
    );
    assert_eq!(good, []);
}

#[test]
fn the_youngest_band_decides_how_hard_a_text_may_be() {
    let fixture = Fixture::shipped();
    // 8 words and 14 syllables a sentence: grade 8.2.
    let text = "Every family remembers happy and sunny holiday mornings. ".repeat(20);
    for (name, bands) in [("x", "\"4-5\", \"14+\""), ("y", "\"11-14\"")] {
        fixture.write(&format!("activities/kindness/{name}.md"), &activity(name, bands, "Play it.", &text));
    }
    let [easy, teens] = findings_by_file(&fixture, ["/x.md", "/y.md"]);
    let [easy] = &easy[..] else { panic!("one finding: {easy:?}") };
    assert_eq!((easy.0.as_str(), easy.1.as_str(), easy.2, easy.3), ("reading-age", "warning", 12, 1));
    assert!(easy.4.contains("at most 11"), "{}", easy.4);
    let [teens] = &teens[..] else { panic!("one finding: {teens:?}") };
    assert!(teens.4.contains("at most 13"), "{}", teens.4);
}

#[test]
fn a_copy_is_named_once_with_what_it_copies() {
    let fixture = Fixture::shipped();
    let original = fs::read_to_string(fixture.path("activities/kindness/the-toy-post-office.md")).unwrap();
    let copy = original.replace("The toy post office", "Zebra mail").replace("Rabbit", "Zebra");
    fixture.write("activities/kindness/zebra.md", &copy);
    let [original, copies] = findings_by_file(&fixture, ["/the-toy-post-office.md", "/zebra.md"]);
    assert_eq!(original, []);
    let [twin] = &copies[..] else { panic!("one finding: {copies:?}") };
    assert_eq!((twin.0.as_str(), twin.1.as_str()), ("near-duplicate", "warning"));
    assert!(twin.4.contains("kindness/the-toy-post-office"), "{}", twin.4);
    // For another band it is no twin.
    fixture.write("activities/kindness/zebra.md", &copy.replace("\"4-5\"", "\"14+\""));
    assert_eq!(codes(&fixture, "/zebra.md"), [] as [&str; 0]);
}

#[test]
fn a_link_of_ours_must_lead_somewhere() {
    let fixture = Fixture::shipped();
    let link = |name: &str, path: &str| {
        let text = format!("Look at\n[the other page](https://activities.example.org{path}).");
        fixture.write(
            &format!("activities/kindness{name}"),
            &activity(name.trim_matches('/'), "\"4-5\"", "Play it.", &text),
        );
    };
    let good = [
        "/activities/kindness/the-toy-post-office",
        "/activities/kindness/the%2Dtoy-post-office?x#y",
        "/",
        "/feed.rss",
    ];
    let dead = ["/activities/kindness/the-toy-postoffice", "/activities/kindness", "/editions/7", "/editions/x"];
    let names = ["/a.md", "/b.md", "/c.md", "/d.md", "/w.md", "/x.md", "/y.md", "/z.md"];
    for (name, path) in names.iter().zip(good.iter().chain(&dead)) {
        link(name, path);
    }
    for (nth, found) in findings_by_file(&fixture, names).into_iter().enumerate() {
        let others = found.iter().filter(|f| f.0 != ALIKE);
        let places: Vec<_> = others.map(|f| (f.0.as_str(), f.1.as_str(), f.2, f.3)).collect();
        let expected = if nth < good.len() { vec![] } else { vec![("dead-link", "error", 17, 1)] };
        assert_eq!(places, expected, "{}", names[nth]);
    }
    fixture.at(MONDAY, &["send"]).exits(0);
    // Edition 7 is there now; the other three are as dead as before.
    let [found] = findings_by_file(&fixture, ["/y.md"]);
    assert!(found.iter().all(|f| f.0 == ALIKE), "{found:?}");
    fixture.at(MONDAY, &["check"]).exits(1);
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
    for asked in ["skill = \"[Write here: ", "say = \"[Write here: ", "# printable = ", "# [next]\n"] {
        assert!(draft.contains(asked), "{asked} is not asked for");
    }
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
