//! The library: what a good one becomes, and what each bad one is told.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::fixture::copy;
use crate::support::root;
use chrono::NaiveDate;
use fortnightly::domain::activity::{Nation, Sensitivity};
use fortnightly::domain::band::{Band, BandName, Bands};
use fortnightly::domain::diagnostic::Diagnostic;
use fortnightly::domain::fingerprint::Fingerprint;
use fortnightly::domain::prose::{Block, Inline, Prose};
use fortnightly::domain::subscriber::Sector;
use fortnightly::library::{self, Library};

fn fixtures() -> PathBuf {
    root().join("tests/fixtures/library")
}

/// A copy of the good library that a test may spoil.
fn good_copy() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    copy(&fixtures().join("good"), dir.path());
    dir
}

fn load(dir: &Path) -> (Option<Library>, Vec<Diagnostic>) {
    library::load(dir, &Bands::shipped(), Nation::England)
}

fn report(found: &[Diagnostic], dir: &Path) -> String {
    let prefix = dir.display().to_string();
    let mut text = String::new();
    for finding in found {
        let code = finding.code;
        writeln!(text, "{}\n  code: {code}", finding.to_string().replace(&prefix, "activities")).expect("memory");
    }
    text
}

fn good() -> Library {
    let (library, found) = load(&fixtures().join("good"));
    assert_eq!(report(&found, Path::new("/")), "");
    library.expect("the good library has no error")
}

/// The codes of the good library with one file changed.
fn codes_with(file: &str, change: impl FnOnce(String) -> Vec<u8>) -> Vec<&'static str> {
    let dir = good_copy();
    let path = dir.path().join(file);
    let text = fs::read_to_string(&path).expect("a file of the good library");
    fs::write(&path, change(text)).expect("a write");
    load(dir.path()).1.iter().map(|finding| finding.code).collect()
}

/// Each case lays its files over the good library, or stands alone when it has a file `ALONE`;
/// `REMOVE` lists files to take away. `UPDATE_EXPECTED=1` rewrites what is expected.
#[test]
fn every_bad_library_is_told_what_to_mend() {
    let mut cases: Vec<PathBuf> =
        fs::read_dir(fixtures().join("bad")).expect("cases").map(|entry| entry.expect("a case").path()).collect();
    cases.sort();
    assert!(cases.len() >= 20);
    let mut wrong = String::new();
    for case in cases {
        let work = tempfile::tempdir().expect("a folder");
        let dir = work.path().join("activities");
        if !case.join("ALONE").exists() {
            copy(&fixtures().join("good"), &dir);
        }
        copy(&case, &dir);
        for extra in ["ALONE", "expected.txt"] {
            let _ = fs::remove_file(dir.join(extra));
        }
        for name in fs::read_to_string(case.join("REMOVE")).unwrap_or_default().lines() {
            fs::remove_file(dir.join(name)).expect("a file to remove");
        }
        let _ = fs::remove_file(dir.join("REMOVE"));
        let (library, found) = load(&dir);
        assert_eq!(library.is_none(), found.iter().any(Diagnostic::is_error), "{}", case.display());
        let got = report(&found, &dir);
        let expected = case.join("expected.txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &got).expect("a write");
        }
        let want = fs::read_to_string(&expected).unwrap_or_default();
        if got != want || got.is_empty() {
            writeln!(wrong, "== {}\n-- expected\n{want}-- got\n{got}", case.display()).expect("memory");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_good_library_is_read_whole() {
    let library = good();
    let names: Vec<&str> = library.themes.iter().map(|theme| theme.name.as_str()).collect();
    assert_eq!(names, ["kindness", "secrets"]);
    let ids: Vec<&str> = library.activities.iter().map(|activity| activity.id.as_str()).collect();
    assert_eq!(
        ids,
        ["kindness/kind-words-11-14", "kindness/kind-words-14-up", "kindness/kind-words-4-5", "secrets/locked-box"]
    );
    assert_eq!(library.notices.len(), 1);
    assert_eq!(library.bulletins.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["chat-game", "wrong-number"]);
    assert_eq!(library.theme("secrets").map(|theme| theme.order), Some(Some(2)));
    assert_eq!(library.theme("kindness").map(|theme| theme.opening.plain()), Some("Kind words travel.".to_owned()));
}

#[test]
fn an_activity_is_read_whole() {
    let library = good();
    let box_ = library.activity(&"secrets/locked-box".parse().expect("an id")).expect("it is there");
    assert_eq!(box_.bands.iter().map(BandName::as_str).collect::<Vec<_>>(), ["5-7", "8-10"]);
    assert_eq!((box_.minutes, box_.screen, box_.sensitivity), (15, false, Sensitivity::Care));
    assert_eq!(box_.needs, ["paper", "pens"]);
    assert_eq!(box_.occasions, ["safer-internet-day"]);
    assert_eq!(box_.resources[0].publisher, "Example Trust");
    assert_eq!(box_.image.as_ref().map(|image| image.file.as_str()), Some("box.png"));
    assert_eq!(box_.skill.as_deref(), Some("telling a secret that is not safe"));
    assert_eq!(box_.say.as_deref(), Some("Some secrets are for telling."));
    assert_eq!(box_.next.as_ref().map(|next| next.url.as_str()), Some("https://www.example.org/settings"));
    let printable = box_.printable.as_ref().expect("it has a sheet");
    assert!(printable.file == "cards.svg" && printable.svg.ends_with("</svg>\n"), "{printable:?}");
    assert_eq!(box_.not_after, NaiveDate::from_ymd_opt(2028, 9, 1));
    let text = |words: &str| Inline::Text(words.to_owned());
    let ready = vec![text("Cut "), Inline::Strong(vec![text("eight cards")]), text(" from paper. Sit at a table.")];
    assert_eq!(box_.get_ready, Prose(vec![Block::Paragraph(ready)]));
    let Block::List { start: Some(1), items } = &box_.do_it_together.0[0] else { panic!("a numbered list") };
    assert!(matches!(items[1].0[1], Block::List { start: None, .. }));
    let Block::Quote(said) = &box_.do_it_together.0[1] else { panic!("a quotation") };
    assert!(matches!(&said.0[0], Block::Paragraph(line) if line[1] == Inline::Break));
    let Block::List { items, .. } = &box_.talk_about_it.0[0] else { panic!("a list") };
    let Block::Paragraph(line) = &items[1].0[0] else { panic!("a line") };
    assert!(matches!(&line[1], Inline::Link { href, .. } if href == "mailto:help@nspcc.org.uk"));
}

#[test]
fn a_bulletin_is_read_whole() {
    let library = good();
    let bulletin = library.bulletin(&"chat-game".parse().expect("a name")).expect("it is there");
    assert_eq!(bulletin.bands.iter().map(BandName::as_str).collect::<Vec<_>>(), ["8-10", "11-14"]);
    assert_eq!(bulletin.sectors, [Sector::School, Sector::Charity]);
    assert_eq!((bulletin.body.0.len(), &bulletin.correction), (4, &None));
    let correction = library.bulletin(&"wrong-number".parse().expect("a name")).expect("it is there");
    let said =
        correction.correction.as_ref().map(|it| (it.wrong.plain(), it.right.plain())).expect("it is a correction");
    assert_eq!(said.0, "The sheet said 0800 2222.");
    assert!(said.1.starts_with("Childline’s number") && correction.body.is_empty() && correction.bands.is_empty());
}

/// An activity without any of the parts that came later is what it was, for a store that noted it before.
#[test]
fn a_fingerprint_names_the_parts_that_a_text_has() {
    let library = good();
    let parts = |id: &str| {
        let activity = library.activity(&id.parse().expect("an id")).expect("it is there");
        let print = Fingerprint::of_activity(activity);
        print.as_str().split(' ').map(|part| part.split(':').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let before = "title summary facts links picture get-ready do-it-together talk-about-it if-something-worries-you";
    assert_eq!(parts("kindness/kind-words-4-5").join(" "), before);
    let all = before.replace("picture", "picture skill say next printable");
    assert_eq!(parts("secrets/locked-box").join(" "), all);
}

#[test]
fn each_nation_reads_its_own_help() {
    let who = |nation| {
        let (library, _) = library::load(&fixtures().join("good"), &Bands::shipped(), nation);
        library.expect("it is good").help.entries.iter().map(|entry| entry.who.clone()).collect::<Vec<_>>()
    };
    assert_eq!(who(Nation::England), ["The police", "Childline", "The school's safeguarding lead"]);
    assert_eq!(who(Nation::Wales)[2], "The school's designated safeguarding person");
    assert_eq!(who(Nation::Scotland).len(), 2);
}

#[test]
fn each_band_reads_its_own_help() {
    let help = |nation, band: &str| {
        let (library, _) = library::load(&fixtures().join("good"), &Bands::shipped(), nation);
        library.expect("it is good").help.for_bands(&[band.parse().expect("a band")].into())
    };
    let lines = |band| help(Nation::England, band).entries.len();
    assert_eq!((lines("4-5"), lines("8-10")), (2, 3), "Childline is for schoolchildren");
    let worries = |nation, band| help(nation, band).worries.iter().map(|it| it.text.plain()).collect::<Vec<_>>();
    let calm = ["Stay calm, and thank your child. Stop the game. Ask the NSPCC."];
    assert_eq!(worries(Nation::England, "4-5"), calm);
    assert_eq!(worries(Nation::Scotland, "14+"), ["It isn’t your fault."]);
    assert!(worries(Nation::England, "14+").is_empty());
}

#[test]
fn a_theme_says_who_wrote_and_who_checked_it() {
    let library = good();
    let byline = |name| library.theme(name).map(|theme| (theme.author.as_deref(), theme.reviewed_by.as_deref()));
    assert_eq!(byline("secrets"), Some((Some("A. Writer"), Some("B. Reader, safeguarding lead"))));
    assert_eq!(byline("kindness"), Some((None, None)));
}

/// A mail shows eight entries at most, so the ninth helps nobody who reads only the mail.
#[test]
fn the_emergency_number_stands_where_every_mail_shows_it() {
    let entry = |n: usize| {
        format!("\n[[entries]]\nid = \"n{n}\"\nwhen = \"Now\"\nwho = \"Line {n}\"\nphone = \"0800 111{n}\"\n")
    };
    let many = |place: usize| {
        codes_with("help.toml", |text| {
            let (top, rest) = text.split_once("\n[[entries]]").expect("an entry");
            let before: String = (0..place).map(entry).collect();
            format!("{top}{before}\n[[entries]]{rest}").into_bytes()
        })
    };
    assert_eq!((many(7), many(8)), (vec![], vec!["help-without-999"]));
    let for_some =
        |text: String| text.replacen("phone = \"999\"", "phone = \"999\"\nbands = [\"4-5\"]", 1).into_bytes();
    assert_eq!(codes_with("help.toml", for_some), ["help-without-999"]);
}

#[test]
fn a_missing_folder_says_where_the_first_activity_goes() {
    let (library, found) = load(Path::new("no/such/activities"));
    assert!(library.is_none());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "empty-library");
    assert!(found[0].help.as_deref().is_some_and(|help| help.contains("no/such/activities/THEME/NAME.md")));
}

#[test]
fn windows_line_endings_and_a_byte_order_mark_change_nothing() {
    let dir = good_copy();
    let path = dir.path().join("secrets/locked-box.md");
    let text = fs::read_to_string(&path).expect("a file");
    fs::write(&path, format!("\u{FEFF}{}", text.replace('\n', "\r\n"))).expect("a write");
    let (library, found) = load(dir.path());
    assert_eq!(report(&found, dir.path()), "");
    let (here, there) = (library.expect("no error"), good());
    assert_eq!(here.activities[3], there.activities[3]);
}

#[test]
fn a_line_in_a_windows_file_is_counted_right() {
    let dir = good_copy();
    let path = dir.path().join("kindness/kind-words-4-5.md");
    let text = fs::read_to_string(&path).expect("a file").replace("minutes = 10", "minutes = 99");
    fs::write(&path, format!("\u{FEFF}{}", text.replace('\n', "\r\n"))).expect("a write");
    let found = load(dir.path()).1;
    assert_eq!((found[0].line, found[0].column, found[0].code), (Some(4), Some(11), "out-of-range"));
}

#[test]
fn every_truncation_of_a_file_is_an_error_and_no_panic() {
    let text = fs::read_to_string(fixtures().join("good/kindness/kind-words-4-5.md")).expect("a file");
    let last = text.find("Tell somebody").expect("its last sentence");
    for end in (0..last).filter(|end| text.is_char_boundary(*end)) {
        let codes = codes_with("kindness/kind-words-4-5.md", |text| text.as_bytes()[..end].to_vec());
        assert!(!codes.is_empty(), "cut at byte {end}: {:?}", &text[..end]);
    }
}

#[test]
fn a_text_is_overdue_from_the_day_after_its_review() {
    let library = good();
    let day = |d| NaiveDate::from_ymd_opt(2028, 9, d).expect("a date");
    assert_eq!(library::overdue(&library, day(1)), []);
    let found: Vec<_> =
        library::overdue(&library, day(2)).into_iter().filter(|finding| finding.code == "review-overdue").collect();
    assert_eq!(found.len(), 6);
    assert!(found.iter().all(|finding| !finding.is_error() && finding.code == "review-overdue"));
    assert!(found[2].file.as_deref().is_some_and(|file| file.ends_with("kindness/kind-words-11-14.md")));
}

#[test]
fn a_band_without_an_activity_is_an_error_and_a_dropped_one_a_warning() {
    let library = good();
    assert_eq!(library::unserved(&library, &Bands::shipped()), []);
    let band = |id: &str| Band { id: id.parse().expect("a name"), label: id.to_owned(), min: 3, max: None };
    let other = Bands::new(vec![band("4-5"), band("3-4")]);
    let found = library::unserved(&library, &other);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].code, found[0].is_error()), ("band-without-activity", true));
    let (library, found) = library::load(&fixtures().join("good"), &other, Nation::England);
    assert!(library.is_some());
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["band-not-served"; 4]);
}

#[test]
fn a_thousand_activities_are_read_in_time_that_grows_with_their_number() {
    let text = fs::read_to_string(fixtures().join("good/kindness/kind-words-4-5.md")).expect("a file");
    let timed = |count: usize| {
        let dir = good_copy();
        for n in 0..count {
            fs::write(dir.path().join(format!("kindness/n{n}.md")), &text).expect("a write");
        }
        // The best of three: other work on the machine only ever adds to it.
        let once = || {
            let start = std::time::Instant::now();
            let (library, _) = load(dir.path());
            assert_eq!(library.expect("it is good").activities.len(), count + 4);
            start.elapsed()
        };
        (0..3).map(|_| once()).min().expect("three runs")
    };
    let (some, many) = (timed(250), timed(1_000));
    // Four times the work; a quadratic step would take sixteen times as long.
    assert!(many < some * 10, "250: {some:?}, 1,000: {many:?}");
}
