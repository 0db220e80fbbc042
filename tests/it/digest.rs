//! Digests: what a segment reads, that it is whole, and what a broken template is told.

#![allow(clippy::unwrap_used)]

mod samples;

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::support::fixture::copy;
use crate::support::root;
use fortnightly::domain::prose::{Block, Inline, Prose};
use fortnightly::domain::rendered::{Piece, Rendered, Slot};
use fortnightly::domain::subscriber::Sector;
use fortnightly::domain::text::check_characters;
use fortnightly::render::{HTML_LIMIT, Part, RenderError, Templates, check, greeting, render};
use proptest::prelude::*;
use samples::{Edition, listed, segment, templates};

const ALL: [&str; 5] = ["4-5", "5-7", "8-10", "11-14", "14+"];

fn filled(rendered: &Rendered, name: &str) -> (String, String) {
    let value = |slot| match slot {
        Slot::Greeting => greeting(name),
        Slot::UnsubscribeUrl => "https://activities.example/u/TOKEN".to_owned(),
        Slot::PreferencesUrl => "https://activities.example/preferences/TOKEN".to_owned(),
        Slot::ConfirmUrl => String::new(),
    };
    (rendered.html.fill(value), rendered.text.fill(value))
}

/// Writes what was rendered into the folder that `DIGEST_OUT` names, for looking at it in a browser.
fn show(name: &str, (html, text): &(String, String)) {
    let Some(folder) = std::env::var_os("DIGEST_OUT").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
    std::fs::write(folder.join(format!("{name}.txt")), text).unwrap();
}

/// One tag a line, so that a reviewer of a snapshot sees what changed.
fn readable(html: &str) -> String {
    html.replace("><", ">\n<")
}

#[test]
fn a_school_reads_five_bands() {
    let edition = Edition::invented();
    let rendered = render(&templates(), &edition.issue(), &segment(Sector::School, &ALL), &edition.bands).unwrap();
    let bodies = filled(&rendered, "Hillside Primary School");
    show("school", &bodies);
    let (html, text) = bodies;
    assert_eq!(rendered.subject, "Keep private things private: 15-minute activities for ages 4 and over");
    insta::assert_snapshot!("school_html", readable(&html));
    insta::assert_snapshot!("school_text", text);
}

#[test]
fn a_charity_reads_one_band_and_no_other() {
    let mut edition = Edition::invented();
    edition.reply_to = None;
    edition.notices.clear();
    let rendered =
        render(&templates(), &edition.issue(), &segment(Sector::Charity, &["8-10"]), &edition.bands).unwrap();
    let bodies = filled(&rendered, "Open Door");
    show("charity", &bodies);
    let (html, text) = bodies;
    for (band, activity, _) in &edition.activities {
        let wanted = band.as_str() == "8-10";
        assert_eq!(html.contains(&activity.title), wanted, "{band} in HTML");
        assert_eq!(text.contains(&activity.title), wanted, "{band} in text");
    }
    insta::assert_snapshot!("charity_html", readable(&html));
    insta::assert_snapshot!("charity_text", text);
}

/// Every theme of the shipped library (or of the one that `DIGEST_LIBRARY` names), all five bands at once.
#[test]
fn the_real_library_fits() {
    let folder = std::env::var_os("DIGEST_LIBRARY").map_or_else(|| root().join("activities"), PathBuf::from);
    let library = samples::library(&folder);
    for theme in &library.themes {
        let edition = Edition::of_theme(&library, &theme.name);
        let bands: Vec<&str> = edition.activities.iter().map(|(band, ..)| band.as_str()).collect();
        assert_eq!(bands, ALL, "{}", theme.name);
        let rendered = render(&SHIPPED, &edition.issue(), &segment(Sector::School, &bands), &edition.bands)
            .unwrap_or_else(|error| panic!("{}: {error}", theme.name));
        let name = &theme.name;
        show(name, &filled(&rendered, "Ysgol Tŷ’r Felin"));
        println!("{name}: HTML {} bytes, text {}", rendered.html.literal_bytes(), rendered.text.literal_bytes());
    }
}

/// The steps of an activity leave some of its minutes to get ready and to talk.
#[test]
fn fifteen_minutes_are_enough() {
    for activity in &samples::library(&root().join("activities")).activities {
        let steps = activity.do_it_together.plain();
        let minutes: u8 = steps.split('(').filter_map(|part| part.split_once(" minute")?.0.parse::<u8>().ok()).sum();
        assert!((8..=10).contains(&minutes) || activity.minutes < 15, "{}: {minutes} minutes of steps", activity.id);
        assert!(activity.minutes <= 15);
    }
}

#[test]
fn telephone_numbers_are_never_broken() {
    let library = samples::library(&root().join("activities"));
    for theme in &library.themes {
        let edition = Edition::of_theme(&library, &theme.name);
        let rendered = render(&SHIPPED, &edition.issue(), &segment(Sector::School, &ALL), &edition.bands).unwrap();
        let (html, text) = filled(&rendered, "Hillside");
        for body in [&html, &text] {
            assert!(body.contains("0800 1111") && body.contains("0808 800 5000"), "a number is not as people write it");
        }
        // In HTML every number stands in an element that does not wrap; in text no line ends inside one.
        for number in ["0800 1111", "0808 800 5000", "0808 1000 900"] {
            for (at, _) in html.match_indices(number) {
                assert!(
                    html[..at].rsplit('<').take(3).any(|tag| tag.contains("nowrap")),
                    "{}",
                    &html[at - 80..at + 20]
                );
            }
            let joined = text.replace('\n', " ");
            assert_eq!(joined.matches(number).count(), text.matches(number).count(), "{number} is broken");
        }
        assert!(html.contains("<a href=\"tel:101\">101</a>"));
    }
}

/// Every folder of tests/fixtures/digest/bad replaces some of the shipped templates; `expected.txt` is what is said.
#[test]
fn bad_templates_are_told_where_and_why() {
    let bad = root().join("tests/fixtures/digest/bad");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(&bad).unwrap() {
        let case = entry.unwrap().path();
        let folder = tempfile::tempdir().unwrap();
        copy(&root().join("templates"), folder.path());
        copy(&case, folder.path());
        let errors = Templates::load(folder.path()).expect_err(&format!("{} was taken", case.display()));
        let said = listed(&errors).replace(&folder.path().display().to_string(), "templates") + "\n";
        let expected = case.join("expected.txt");
        if std::env::var_os("DIGEST_ACCEPT").is_some() {
            std::fs::write(&expected, &said).unwrap();
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{}:\n{said}", case.display()));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 30, "only {count} bad templates");
}

#[test]
fn a_folder_without_templates_names_both_files() {
    let folder = tempfile::tempdir().unwrap();
    let said = listed(&Templates::load(folder.path()).unwrap_err());
    assert!(said.contains("digest.mjml.hbs: cannot be read"), "{said}");
    assert!(said.contains("digest.txt.hbs: cannot be read"), "{said}");
}

/// What a reader of the HTML sees, by an independent and cruder route than the code's own reader.
fn visible(html: &str) -> String {
    let body = &html[html.find("<body").unwrap()..];
    let mut out = String::new();
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let end = if rest[at..].starts_with("<!--") { "-->" } else { ">" };
        rest = rest[at..].split_once(end).unwrap().1;
        out.push(' ');
    }
    let mut text = String::new();
    for (at, part) in out.split('&').enumerate() {
        let Some((name, after)) = part.split_once(';').filter(|_| at > 0) else {
            text.push_str(part);
            continue;
        };
        text.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            number => char::from_u32(number.strip_prefix('#').unwrap().parse().unwrap()).unwrap(),
        });
        text.push_str(after);
    }
    single_spaced(&text)
}

fn single_spaced(text: &str) -> String {
    text.split([' ', '\n', '\t', '\r', '\x0c']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn hostile() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\"",
        "'",
        "<",
        ">",
        "</p>",
        "<b>",
        "<!--",
        "-->",
        "<![endif]-->",
        "&",
        "&amp;",
        "&#60;",
        "]]>",
        "{{",
        "}}",
        "{{{slot \"greeting\"}}}",
        "{{slot \"unsubscribe_url\"}}",
        "slot0123456789abcdefg",
        "slot",
        "=?utf-8?q?x?=",
        "\\",
        "\\u{a0}",
        "\\n",
        "\u{a0}",
        "\u{ad}",
        "\u{200d}",
        "👩‍👧",
        "😀",
        "ŵ",
        "Llŷn",
        "e\u{301}",
        "\u{e000}",
        "<mj-text>",
        "</mj-text>",
        "<script>",
        "@import",
        "=",
        "%",
        "`",
        "\u{202e}",
        "\u{7}",
        "\u{feff}",
        "  ",
    ]);
    let piece = prop_oneof![4 => nasty.prop_map(str::to_owned), 2 => "[a-zA-Z0-9 ]{1,9}", 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 1..8).prop_map(|pieces| format!("x{}x", pieces.concat()))
}

static SHIPPED: LazyLock<Templates> = LazyLock::new(templates);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn hostile_texts_come_through_whole_or_are_refused(words in prop::collection::vec(hostile(), 6)) {
        let mut edition = Edition::invented();
        edition.theme.title.clone_from(&words[0]);
        edition.activities[2].1.title.clone_from(&words[1]);
        let text = Block::Paragraph(vec![Inline::Text(words[2].clone())]);
        edition.activities[2].1.get_ready = Prose(vec![text.clone(), Block::Quote(Prose(vec![text]))]);
        edition.help.entries[0].who.clone_from(&words[3]);
        edition.postal_address.clone_from(&words[4]);
        edition.service.clone_from(&words[5]);
        let wanted = segment(Sector::School, &["8-10", "14+"]);
        match render(&SHIPPED, &edition.issue(), &wanted, &edition.bands) {
            Ok(rendered) => {
                let (html, text) = filled(&rendered, "School");
                let (seen, read) = (visible(&html), single_spaced(&text.replace('\u{a0}', " ")));
                for word in &words {
                    let word = single_spaced(word);
                    prop_assert!(seen.contains(&word), "{word:?} is not whole in {seen}");
                    // In text a no-break space has done its work once the lines are broken.
                    let word = word.replace('\u{a0}', " ");
                    prop_assert!(read.contains(&single_spaced(&word)), "{word:?} is not whole in {read}");
                }
                prop_assert_eq!(html.matches("<h1").count(), 1);
                prop_assert_eq!(html.matches("<h2").count(), 8);
                prop_assert_eq!(html.matches("<a ").count(), html.matches("</a>").count());
                prop_assert!(html.ends_with("</html>"));
                prop_assert!(!rendered.subject.chars().any(char::is_control));
            }
            Err(RenderError::Character { .. }) => {
                let refused = |word: &String| check_characters(&word.replace(['\n', '\r', '\t', '\x0c'], " ")).is_err();
                prop_assert!(words.iter().any(refused), "{words:?} were refused");
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let edition = Edition::invented();
    let once = || render(&templates(), &edition.issue(), &segment(Sector::Health, &ALL), &edition.bands).unwrap();
    assert_eq!(once(), once());
}

#[test]
fn a_segment_without_bands_or_activity_gets_nothing() {
    let mut edition = Edition::invented();
    let empty = render(&SHIPPED, &edition.issue(), &segment(Sector::School, &[]), &edition.bands);
    assert_eq!(empty.unwrap_err(), RenderError::NoBand);
    edition.activities.remove(1);
    let lacking = render(&SHIPPED, &edition.issue(), &segment(Sector::School, &["4-5", "5-7"]), &edition.bands);
    assert_eq!(lacking.unwrap_err(), RenderError::NoCard("5-7".parse().unwrap()));
}

#[test]
fn invariant_12_holds_for_a_digest_from_anywhere() {
    let edition = Edition::invented();
    let issue = edition.issue();
    let good = render(&SHIPPED, &issue, &segment(Sector::School, &ALL), &edition.bands).unwrap();
    let check = |digest: &_| check(digest, &issue.service, &edition.help.in_mail(&edition.bands.names()));
    assert_eq!(check(&good), Ok(()));
    for slot in [Slot::UnsubscribeUrl, Slot::PreferencesUrl] {
        for part in [Part::Html, Part::Text] {
            let mut bad = good.clone();
            let body = if part == Part::Html { &mut bad.html } else { &mut bad.text };
            body.0.retain(|piece| *piece != Piece::Slot(slot));
            let error = check(&bad).unwrap_err();
            assert!(matches!(error, RenderError::Missing { part: found, .. } if found == part), "{error}");
        }
    }
    for (wanted, what) in [("1 High Street", "the postal address"), ("0808 800 5000", "help block")] {
        for part in [Part::Html, Part::Text] {
            let mut bad = good.clone();
            let body = if part == Part::Html { &mut bad.html } else { &mut bad.text };
            for piece in &mut body.0 {
                if let Piece::Literal(text) = piece {
                    *text = text.replace(wanted, "");
                }
            }
            let error = check(&bad).unwrap_err();
            assert!(error.to_string().contains(what) && error.to_string().contains(&part.to_string()), "{error}");
        }
    }
}

#[test]
fn html_that_would_be_cut_off_is_refused() {
    let mut edition = Edition::invented();
    let paragraph = Block::Paragraph(vec![Inline::Text("A long paragraph about almost nothing.".to_owned())]);
    edition.theme.for_parents = Prose(vec![paragraph; 1500]);
    let error = render(&SHIPPED, &edition.issue(), &segment(Sector::School, &ALL), &edition.bands).unwrap_err();
    assert!(matches!(error, RenderError::TooLarge { limit: HTML_LIMIT, .. }), "{error}");
}

#[test]
fn people_can_read_it() {
    let mut edition = Edition::invented();
    edition.reply_to = None;
    for sector in Sector::ALL {
        let rendered = render(&SHIPPED, &edition.issue(), &segment(*sector, &ALL), &edition.bands).unwrap();
        let (html, text) = filled(&rendered, "Open Door");
        assert!(
            html.contains("<html lang=\"en-GB\" dir=\"ltr\"") && html.contains("<title>Keep private things private")
        );
        assert!(
            html.contains("name=\"color-scheme\" content=\"light dark\"")
                && html.contains("(prefers-color-scheme: dark)")
        );
        for sizes in html.split("font-size:").skip(1) {
            let size: u32 =
                sizes.trim_start().chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap();
            // Points are for paper. mrml sets 0 and 1 around elements that hold no text, and on the hidden preheader.
            let on_paper = sizes.split([';', '}']).next().unwrap().contains("pt");
            assert!(on_paper || size <= 1 || size >= 16, "{size}px");
        }
        let levels: Vec<u32> = html
            .match_indices("<h")
            .filter_map(|(at, _)| html.as_bytes().get(at + 2))
            .filter_map(|b| char::from(*b).to_digit(10))
            .collect();
        assert_eq!(levels[0], 1);
        assert!(levels.windows(2).all(|pair| pair[1] > 1 && pair[1] <= pair[0] + 1), "headings jump: {levels:?}");
        assert!(!html.contains("<img") && !html.contains("url("), "a picture or a remote file");
        let wide: Vec<&str> =
            text.lines().filter(|line| line.chars().count() > 78 && !line.contains("https://")).collect();
        assert!(wide.is_empty(), "{wide:?}");
        assert!(text.contains("Nobody reads replies to this email"));
        assert!(html.contains("https://activities.example/editions/7?bands=4-5,5-7,8-10,11-14,14%2B\""));
    }
}

#[test]
fn rendering_is_quick() {
    let edition = Edition::invented();
    let wanted = segment(Sector::School, &ALL);
    render(&SHIPPED, &edition.issue(), &wanted, &edition.bands).unwrap();
    let start = Instant::now();
    for _ in 0..10 {
        render(&SHIPPED, &edition.issue(), &wanted, &edition.bands).unwrap();
    }
    // 5 ms is the aim of an optimised build; this one is not optimised and may share its processor.
    let each = start.elapsed() / 10;
    println!("{each:?} a segment");
    assert!(each < Duration::from_millis(500), "{each:?} a segment");
}
