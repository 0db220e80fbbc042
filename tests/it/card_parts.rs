//! What a card has beside its four parts: in mail, on pages, in feeds and on paper; and its sheet to print.

use std::fs;

use serde_json::{Value, json};

use crate::browser::browse;
use crate::printing::print;
use crate::support::fixture::{BASE, Fixture, entry, three};
use crate::support::http::{ask, daemon, get};
use crate::support::library_fixture::{BANDS, FRESH, add_theme, clear};

const MONDAY: &str = "2026-11-30T08:00:00Z";
const EARLIER: &str = "2026-11-25T12:00:00Z";

const SHEET: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 595 842\">\
                     <rect x=\"36\" y=\"36\" width=\"523\" height=\"770\" fill=\"none\" stroke=\"#000\"/>\
                     <text x=\"60\" y=\"90\" font-size=\"24\">Four buttons</text></svg>\n";

/// The front matter of everything that a card may have.
const PARTS: &str = "skill = \"choosing to mute, leave, block or report\"
say = \"I can always tell someone.\"
printable = \"four-buttons.svg\"

[next]
text = \"Look at one app that you both use.\"
url = \"https://www.example.org/settings\"
publisher = \"Internet Matters\"
";

/// Bands, a name and a number of an entry.
const ENTRIES: [(&str, &str, &str); 11] = [
    ("", "The police", "999"),
    ("", "Line two", "0800 000 0002"),
    ("[\"4-5\"]", "Line for the young", "0800 000 0003"),
    ("[\"8-10\", \"11-14\", \"14+\"]", "Line for the old", "0800 000 0004"),
    ("", "Line five", "0800 000 0005"),
    ("", "Line six", "0800 000 0006"),
    ("", "Line seven", "0800 000 0007"),
    ("", "Line eight", "0800 000 0008"),
    ("", "Line nine", "0800 000 0009"),
    ("", "Line ten", "0800 000 0010"),
    ("", "Line eleven", "0800 000 0011"),
];

fn help() -> String {
    let entry = |(at, (bands, who, phone)): (usize, &(&str, &str, &str))| {
        let bands = if bands.is_empty() { String::new() } else { format!("bands = {bands}\n") };
        format!(
            "\n[[entries]]\nid = \"n{at}\"\nwhat = \"Choose option {at}.\"\nwhen = \"For case {at}\"\nwho = \"{who}\"\nphone = \"{phone}\"\n{bands}"
        )
    };
    let entries: String = ENTRIES.iter().enumerate().map(entry).collect();
    format!(
        "title = \"Where to turn\"\nintro = \"It is never the child’s fault.\"\n{entries}\n\
         [[worry]]\nbands = [\"4-5\", \"5-7\"]\ntext = \"Stay calm and say: thank you.\"\n\n\
         [[worry]]\nbands = [\"11-14\", \"14+\"]\ntext = \"\"\"\n**If it’s happening to you.** It isn’t your fault.\n\n- Don’t pay.\n\"\"\"\n"
    )
}

/// One theme: an activity for 11 to 14 has every part, the others have none.
fn fixture(schedule: &str) -> Fixture {
    let all = entry("All", "school", "\"all@school.example\"", "[\"4-5\", \"5-7\", \"8-10\", \"11-14\", \"14+\"]");
    let base = BASE.replace("[schedule]\n", &format!("[schedule]\n{schedule}\n"));
    let fixture = Fixture::new(&format!("{base}{}{all}", three()));
    clear(&fixture);
    add_theme(&fixture, "threats", FRESH, &BANDS);
    fixture.edit(
        "activities/threats/theme.md",
        "review_by",
        "author = \"A. Writer\"\nreviewed_by = \"B. Reader.\"\nreview_by",
    );
    forget_skill(&fixture, "11-14");
    fixture.edit("activities/threats/11-14.md", FRESH, &format!("{FRESH}{PARTS}"));
    fixture.write("activities/threats/four-buttons.svg", SHEET);
    fixture.write("activities/help.toml", &help());
    fixture
}

fn forget_skill(fixture: &Fixture, band: &str) {
    let file = format!("activities/threats/{band}.md");
    let text = fs::read_to_string(fixture.path(&file)).unwrap();
    let line = text.lines().find(|line| line.starts_with("skill = ")).unwrap();
    fixture.edit(&file, &format!("{line}\n"), "");
}

/// The words of HTML, without its tags, on one line.
fn words(html: &str) -> String {
    let mut text = String::new();
    for (at, part) in html.split('<').enumerate() {
        text.push_str(if at == 0 { part } else { part.split_once('>').map_or("", |(_, rest)| rest) });
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\u{a0}', " ")
}

/// Each of `parts` stands in `text` behind the one before it.
#[track_caller]
fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            panic!("“{part}” does not stand in its place:\n{text}")
        };
        rest = after;
    }
}

const ORDER: [&str; 13] = [
    "A game of threats for 11-14",
    "Your child practises choosing to mute, leave, block or report.",
    "Time: 15 minutes",
    "Print the “A game of threats for 11-14” sheet",
    "Do it together",
    "Say together: “I can always tell someone.”",
    "Talk about it",
    "Next time, on the real thing",
    "Look at one app that you both use.",
    "If something worries you",
    "Ask someone you trust.",
    "If it’s happening to you. It isn’t your fault.",
    "Don’t pay.",
];

#[test]
fn a_mail_has_every_part_in_its_place() {
    let fixture = fixture("");
    fixture.at(MONDAY, &["send"]).exits(0);
    let mails = fixture.mails();
    let of = |to: &str| mails.iter().find(|mail| mail.to == to).unwrap();
    let old = of("dsl@riverbank.example");
    let text = old.text.split_whitespace().collect::<Vec<_>>().join(" ");
    for body in [&words(old.html.split("What is inside").nth(1).unwrap()), text.split("What is inside").nth(1).unwrap()]
    {
        in_order(body, &ORDER);
        in_order(body, &["For parents and carers", "An article.", "Written by A. Writer. Checked by B. Reader."]);
        assert!(!body.contains("Stay calm and say"), "a block of another age");
    }
    let sheet = "https://activities.example.org/activities/threats/11-14/four-buttons.svg";
    for link in [sheet, "https://www.example.org/settings", "https://activities.example.org/#help"] {
        assert!(old.html.contains(&format!("href=\"{link}\"")) && old.text.contains(link), "{link}");
    }
    assert!(!old.html.contains("<svg") && !old.html.contains("<img"), "the sheet is linked, and no more");
    // The card for teenagers over 14 has no parts of its own, and the block of its band.
    assert_eq!(old.html.matches("Your child practises").count(), 2);
    assert_eq!(old.html.matches("If it’s happening to you.").count(), 2);
    let young = of("office@hillside.example");
    for body in [&young.html, &young.text] {
        assert_eq!(body.matches("Stay calm and say: thank you.").count(), 2, "4-5 and 5-7, not 8-10");
        assert!(!body.contains("Say together") && !body.contains("Next time") && !body.contains("happening to you"));
    }
}

/// The entries that a text names, by their place in the file.
fn named(text: &str) -> Vec<usize> {
    (0..ENTRIES.len())
        .filter(|at| text.contains(&format!("For case {at}<")) || text.contains(&format!("For case {at}\n")))
        .collect()
}

#[test]
fn a_mail_names_eight_places_to_turn_for_its_ages_and_says_where_the_others_are() {
    let fixture = fixture("");
    fixture.at(MONDAY, &["send"]).exits(0);
    let mails = fixture.mails();
    for (to, expected) in [
        ("all@school.example", vec![0, 1, 2, 3, 4, 5, 6, 7]),
        ("office@hillside.example", vec![0, 1, 2, 3, 4, 5, 6, 7]),
        ("dsl@riverbank.example", vec![0, 1, 3, 4, 5, 6, 7, 8]),
        ("hello@lantern.example", vec![0, 1, 3, 4, 5, 6, 7, 8]),
    ] {
        let mail = mails.iter().find(|mail| mail.to == to).unwrap();
        assert_eq!((named(&mail.html), named(&mail.text)), (expected.clone(), expected), "{to}");
    }
    let (_daemon, port) = daemon(&fixture);
    let page = |path: &str| ask(port, "GET", path, "").1;
    let all: Vec<usize> = (0..ENTRIES.len()).collect();
    let front = page("/");
    assert_eq!(named(&front), all);
    assert!(front.contains("id=\"help\"") && !front.contains("More places to turn"));
    assert_eq!(named(&page("/editions/7")), all);
    // For some ages, on a page too, only what is for them; but all of that.
    let of_teenagers: Vec<usize> = all.iter().copied().filter(|at| *at != 2).collect();
    for path in ["/editions/7?bands=11-14", "/activities/threats/11-14"] {
        let page = page(path);
        assert_eq!(named(&page), of_teenagers, "{path}");
        assert!(page.contains("href=\"https://activities.example.org/#help\""), "{path}");
    }
}

#[test]
fn a_mail_that_shows_every_place_to_turn_promises_no_more() {
    let fixture = fixture("");
    let help = help();
    let few: Vec<&str> = help.split("\n[[entries]]").take(9).collect();
    fixture.write("activities/help.toml", &few.join("\n[[entries]]").replace("bands = [\"4-5\"]\n", ""));
    fixture.at(MONDAY, &["send"]).exits(0);
    let mails = fixture.mails();
    let mail = mails.iter().find(|mail| mail.to == "dsl@riverbank.example").unwrap();
    assert_eq!(named(&mail.html).len(), 8);
    assert!(!mail.html.contains("More places to turn") && !mail.text.contains("More places to turn"));
}

#[test]
fn pages_and_feeds_have_every_part_in_its_place() {
    let fixture = fixture("");
    fixture.at(MONDAY, &["send"]).exits(0);
    let (_daemon, port) = daemon(&fixture);
    let page = |path: &str| ask(port, "GET", path, "").1;
    let feed: Value = serde_json::from_str(&page("/feed.json?bands=11-14")).unwrap();
    let content = feed["items"][0]["content_html"].as_str().unwrap().to_owned();
    let unescaped =
        |text: String| text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    let rss = unescaped(page("/feed.rss?bands=11-14"));
    let [activity, edition] = ["/activities/threats/11-14", "/editions/7?bands=11-14"].map(page);
    for (what, body) in [("activity", &activity), ("edition", &edition), ("JSON", &content), ("RSS", &rss)] {
        println!("{what}");
        in_order(&words(body), &ORDER);
        for link in ["activities.example.org/activities/threats/11-14/four-buttons.svg", "www.example.org/settings"] {
            assert!(body.contains(&format!("href=\"https://{link}\"")), "{what}: {link}");
        }
        let pictures = body.matches("<img").count();
        assert!(
            !body.contains("<svg") && pictures == usize::from(what == "edition"),
            "{what}: the sheet is linked, and no more"
        );
    }
    for (what, body) in [("edition", &edition), ("JSON", &content), ("RSS", &rss)] {
        assert!(words(body).contains("An article. Written by A. Writer. Checked by B. Reader."), "{what}");
    }
    // A feed says what to do at a number, has nothing that is for paper alone, and leads to the places it leaves out.
    for (what, body) in [("JSON", &content), ("RSS", &rss)] {
        assert!(words(body).contains("0800 000 0009. Choose option 8."), "{what}: {body}");
        assert!(!body.contains("Choose option 9.") && body.contains("activities.example.org/#help"), "{what}");
        assert!(!body.contains("A sheet to print") && !body.contains("with a link to the page"), "{what}");
    }
    let plain = words(&page("/activities/threats/8-10"));
    for part in ["Print the", "Say together", "Next time", "happening to you", "Stay calm and say"] {
        assert!(!plain.contains(part), "{part}");
    }
}

#[test]
fn the_sheet_is_served_as_it_went_out_and_runs_nothing() {
    let fixture = fixture("");
    let path = "/activities/threats/11-14/four-buttons.svg";
    fixture.at(MONDAY, &["send"]).exits(0);
    let (mut running, port) = daemon(&fixture);
    let (head, body) = ask(port, "GET", path, "");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(body, SHEET);
    for header in [
        "content-type: image/svg+xml",
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
    ] {
        assert!(head.contains(header), "{header}: {head}");
    }
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let tag = get(port, path, "").0.lines().find(|line| line.to_lowercase().contains(tag)).unwrap().to_owned();
    let known = format!("If-None-Match: {}", tag.split_once(": ").unwrap().1);
    assert!(get(port, path, &known).0.starts_with("HTTP/1.1 304"));
    for other in [
        "/activities/threats/11-14/other.svg",
        "/activities/threats/8-10/four-buttons.svg",
        "/activities/threats/11-14/theme.md",
    ] {
        assert!(ask(port, "GET", other, "").0.starts_with("http/1.1 404"), "{other}");
    }
    // An edit changes nothing of what went out, and neither does a file that is gone.
    fixture.edit("activities/threats/four-buttons.svg", "Four buttons", "Five buttons");
    fixture.at(MONDAY, &["check"]).exits(0);
    running.signal("-TERM");
    running.ends();
    fixture.edit("activities/threats/11-14.md", "printable = \"four-buttons.svg\"\n", "");
    fs::remove_file(fixture.path("activities/threats/four-buttons.svg")).unwrap();
    fixture.write("log", "");
    let (_running, port) = daemon(&fixture);
    assert_eq!(ask(port, "GET", path, "").1, SHEET);
    fixture.at(MONDAY, &["withdraw", "threats/11-14"]).exits(0);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert!(ask(port, "GET", path, "").0.starts_with("http/1.1 410"));
}

#[test]
fn the_sheet_of_an_older_edition_stays_where_its_mails_say() {
    let fixture = fixture("");
    fixture.at(MONDAY, &["send"]).exits(0);
    let folder = "activities/threats";
    fixture.edit(&format!("{folder}/11-14.md"), "four-buttons.svg", "five-buttons.svg");
    fs::remove_file(fixture.path(&format!("{folder}/four-buttons.svg"))).unwrap();
    let renamed = SHEET.replace("Four", "Five");
    fixture.write(&format!("{folder}/five-buttons.svg"), &renamed);
    fixture.at("2026-12-14T08:00:00Z", &["send"]).exits(0);
    // It goes out a third time, under the second name and with other words.
    let newest = renamed.replace("Five", "FIVE");
    fixture.write(&format!("{folder}/five-buttons.svg"), &newest);
    fixture.at("2027-01-11T08:00:00Z", &["send"]).exits(0);
    let (_running, port) = daemon(&fixture);
    let sheet = |name: &str| ask(port, "GET", &format!("/activities/threats/11-14/{name}.svg"), "");
    assert!(ask(port, "GET", "/editions/7", "").1.contains("/activities/threats/11-14/four-buttons.svg"));
    assert_eq!(sheet("four-buttons").1, SHEET);
    assert_eq!(sheet("five-buttons").1, newest);
    assert!(sheet("six-buttons").0.starts_with("http/1.1 404"));
    fixture.at("2027-01-11T09:00:00Z", &["withdraw", "threats/11-14"]).exits(0);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    for name in ["four-buttons", "five-buttons"] {
        assert!(sheet(name).0.starts_with("http/1.1 410"), "{name}");
    }
}

/// A number must be mendable at once.
#[test]
fn where_to_turn_may_be_mended_without_another_approval() {
    let fixture = fixture("approval = \"required\"");
    fixture.at(EARLIER, &["send"]).complains("edition 6 is held");
    fixture.at(EARLIER, &["approve", "7"]).exits(0);
    fixture.edit("activities/help.toml", "0800 000 0009", "0800 000 1009");
    fixture.edit("activities/help.toml", "Don’t pay.", "Don’t pay them.");
    assert_eq!(fixture.planned(EARLIER, 7)["state"], "approved");
    fixture.at(MONDAY, &["send"]).exits(0);
    let mails = fixture.mails();
    let mail = mails.iter().find(|mail| mail.to == "dsl@riverbank.example").unwrap();
    assert!(mail.text.contains("1009") && mail.text.contains("Don’t pay them."), "{}", mail.text);
}

#[test]
fn an_edit_of_any_part_takes_the_approval_back() {
    for (file, from, to, told) in [
        ("threats/11-14.md", "choosing to mute", "daring to mute", "what the child practises"),
        ("threats/11-14.md", "say = \"I can always tell someone.\"\n", "", "“Say together”"),
        ("threats/11-14.md", "Internet Matters", "Ofcom", "“Next time, on the real thing”"),
        ("threats/four-buttons.svg", "Four buttons", "Five buttons", "sheet to print"),
        ("threats/theme.md", "A. Writer", "C. Writer", "author or reviewer"),
    ] {
        let fixture = fixture("approval = \"required\"");
        fixture.at(EARLIER, &["send"]).complains("edition 6 is held");
        fixture.at(EARLIER, &["approve", "7"]).exits(0);
        assert_eq!(fixture.planned(EARLIER, 7)["state"], "approved");
        fixture.edit(&format!("activities/{file}"), from, to);
        assert_eq!(fixture.planned(EARLIER, 7)["state"], "planned", "{told}");
        fixture.at(EARLIER, &["send"]);
        fixture.at(EARLIER, &["status", "--audit"]).exits(0).says(told);
    }
}

#[test]
fn check_says_in_one_line_what_a_whole_library_lacks() {
    let fixture = fixture("");
    let lacking = || -> Vec<(String, String)> {
        let found = fixture.at(EARLIER, &["check", "--json"]).exits(0).json();
        let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
        let found =
            found.as_array().unwrap().iter().filter(|one| one["code"].as_str().unwrap().starts_with("without-"));
        found.map(|one| (text(one, "code"), text(one, "message"))).collect()
    };
    let no_block =
        "there is no [[worry]] block for the band 8-10, so their activities lack what every family should know";
    assert_eq!(lacking(), [("without-worry".to_owned(), no_block.to_owned())]);
    for band in ["4-5", "5-7"] {
        forget_skill(&fixture, band);
    }
    fixture.edit(
        "activities/help.toml",
        "bands = [\"11-14\", \"14+\"]\ntext",
        "bands = [\"8-10\", \"11-14\", \"14+\"]\ntext",
    );
    let found = lacking();
    assert_eq!(found.len(), 1);
    assert!(found[0].1.starts_with("2 activities do not say what a child practises: "), "{found:?}");
    // It still works.
    fixture.at(MONDAY, &["send"]).exits(0);
}

/// One more entry near the top must not push the crisis line out of the mails.
#[test]
fn a_crisis_line_that_mails_no_longer_show_is_missed() {
    let fixture = Fixture::shipped();
    let lacking = || -> Vec<Value> {
        let found = fixture.at(EARLIER, &["check", "--json"]).exits(0).json();
        let found = found.as_array().unwrap().iter().filter(|one| one["code"] == "help-without-crisis-line");
        found.cloned().collect()
    };
    assert_eq!(lacking(), [] as [Value; 0]);
    let ours = "[[entries]]\nid = \"hub\"\nwhen = \"You live in Anytown\"\nwho = \"Anytown hub\"\nphone = \"01632 960 001\"\n\n";
    fixture.edit("activities/help.toml", "[[entries]]\nid = \"nspcc\"", &format!("{ours}[[entries]]\nid = \"nspcc\""));
    let found = lacking();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0]["message"].as_str().unwrap().contains("8-10"), "{found:?}");
}

/// As long as a text may be: 400 words in the activity, and 90 in the block of its band.
#[test]
fn an_activity_with_every_part_prints_on_one_sheet_and_its_drawing_on_another() {
    let fixture = fixture("");
    let steps: String =
        (0..20).map(|n| format!("{}. **Step {n}.** {}\n", n + 1, "Say what you see. ".repeat(4))).collect();
    fixture.edit("activities/threats/11-14.md", "Talk.", &steps);
    let block = "Listen, and say that it isn’t their fault. ".repeat(10);
    fixture.edit("activities/help.toml", "It isn’t your fault.", &block);
    fixture.at(MONDAY, &["send"]).exits(0);
    let (_daemon, port) = daemon(&fixture);
    let url = |path: &str| json!({ "do": "pdf", "url": format!("http://127.0.0.1:{port}{path}") });
    let page = "/activities/threats/11-14";
    let sheet = format!("{page}/four-buttons.svg");
    let Some(printed) = print(&[url(page), url(&sheet), url("/editions/7?bands=11-14")]) else { return };
    let [(activity, _), (drawing, _), (edition, _)] = printed.as_slice() else { panic!("three tasks") };
    assert_eq!((activity.len(), drawing.len(), edition.len()), (1, 1, 2));
    assert!(drawing[0].contains("Four buttons"), "{drawing:?}");
    for sheet in [&activity[0], &edition[1]] {
        let sheet = sheet.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "Your child practises",
            "Say together",
            "Look at one app",
            "Don’t pay.",
            "The police, 999",
            "Line nine, 0800 000 0009",
            "A sheet to print comes with it: activities.example.org/activities/threats/11-14/four-buttons.svg",
            "with a link to the page from Internet Matters",
        ] {
            assert!(sheet.contains(part), "“{part}” is not printed: {sheet}");
        }
        assert!(!sheet.contains("Line ten"), "paper has room for eight");
    }
}

#[test]
fn pages_with_every_part_are_accessible() {
    let fixture = fixture("");
    fixture.at(MONDAY, &["send"]).exits(0);
    let (_daemon, port) = daemon(&fixture);
    let look = |width: u32, dark: bool| json!({ "do": "look", "url": format!("http://127.0.0.1:{port}/activities/threats/11-14"), "width": width, "dark": dark });
    let Some(results) = browse(&json!([look(360, false), look(360, true), look(1280, false)])) else { return };
    for result in results {
        assert_eq!(
            (&result["violations"], &result["overflow"], &result["errors"]),
            (&json!([]), &json!(0), &json!([]))
        );
    }
}
