//! A bulletin's mail and its page: what a segment reads, and what a folder of templates from before bulletins makes of it.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use fortnightly::domain::activity::Nation;
use fortnightly::domain::band::Bands;
use fortnightly::domain::bulletin::MailingName;
use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::rendered::{Rendered, Slot};
use fortnightly::domain::segment::SegmentKey;
use fortnightly::domain::subscriber::{Locale, Sector};
use fortnightly::library::{Library, load};
use fortnightly::render::{BulletinIssue, EarlierMail, Face, ServiceInfo, Templates, greeting, pages, render_bulletin};

use crate::support::fixture::copy;
use crate::support::root;

fn library() -> Library {
    load(&root().join("tests/fixtures/library/good"), &Bands::shipped(), Nation::England).0.unwrap()
}

/// What is made of the bulletin of this name; `wrong-number` corrects edition 3.
fn issue<'a>(library: &'a Library, name: &str) -> BulletinIssue<'a> {
    static THIRD: MailingName = MailingName::Edition(EditionNumber(3));
    let bulletin = library.bulletin(&name.parse().unwrap()).unwrap();
    let date = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
    let edition = EarlierMail { name: &THIRD, date: date(10, 5), title: "Ask for help" };
    BulletinIssue {
        service: ServiceInfo {
            name: "Online Safety at Home",
            postal_address: "1 High Street, Anytown AB1 2CD",
            base_url: "https://activities.example",
            reply_to: None,
            face: Face::default(),
        },
        bulletin,
        date: date(10, 12),
        about: bulletin.correction.as_ref().map(|_| edition),
        withdrawn: None,
        help: &library.help,
        pictures: Vec::new(),
    }
}

fn mail(templates: &Templates, name: &str, sector: Sector, bands: &[&str]) -> Rendered {
    let key =
        SegmentKey { bands: bands.iter().map(|band| band.parse().unwrap()).collect(), sector, locale: Locale::EnGb };
    render_bulletin(templates, &issue(&library(), name), &key, &Bands::shipped()).unwrap()
}

fn filled(rendered: &Rendered) -> (String, String) {
    let value = |slot| match slot {
        Slot::Greeting => greeting("Hillside Primary School"),
        Slot::UnsubscribeUrl => "https://activities.example/u/TOKEN".to_owned(),
        Slot::PreferencesUrl => "https://activities.example/preferences/TOKEN".to_owned(),
        Slot::ConfirmUrl => String::new(),
    };
    (rendered.html.fill(value), rendered.text.fill(value))
}

/// Writes what was rendered into the folder that `DIGEST_OUT` names, for looking at it in a browser.
fn show(name: &str, html: &str) {
    let Some(folder) = std::env::var_os("DIGEST_OUT").map(PathBuf::from) else { return };
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.html")), html).unwrap();
}

fn shipped() -> Templates {
    Templates::load(&root().join("templates")).unwrap()
}

#[test]
fn a_school_reads_a_bulletin() {
    let rendered = mail(&shipped(), "chat-game", Sector::School, &["8-10"]);
    assert_eq!(rendered.subject, "A game with strangers in its chat");
    let (html, text) = filled(&rendered);
    show("bulletin", &html);
    insta::assert_snapshot!("bulletin_html", html.replace("><", ">\n<"));
    insta::assert_snapshot!("bulletin_text", text);
}

#[test]
fn a_correction_begins_with_what_was_wrong_and_what_is_right() {
    let rendered = mail(&shipped(), "wrong-number", Sector::Health, &["4-5", "14+"]);
    assert_eq!(rendered.subject, "Correction: The number on the sheet was wrong");
    let (html, text) = filled(&rendered);
    show("correction", &html);
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is not in {text}"));
    let one_line = text.replace('\n', " ");
    assert!(
        one_line.contains("This corrects our email of Monday 5 October 2026 (edition 3, “Ask for help”)."),
        "{text}"
    );
    let begin = place("This corrects");
    assert!(begin < place("What was wrong") && place("What was wrong") < place("What is right"));
    insta::assert_snapshot!("correction_text", text);
}

/// One that goes to the readers of an earlier mail says which, and has nothing else of a correction.
#[test]
fn a_bulletin_about_an_earlier_mail_says_which_one() {
    let (library, bands) = (library(), Bands::shipped());
    let bulletin = MailingName::Bulletin("games".parse().unwrap());
    let edition = MailingName::Edition(EditionNumber(3));
    let date = NaiveDate::from_ymd_opt(2026, 10, 5).unwrap();
    for (name, which) in [(&edition, "edition 3, “Ask for help”"), (&bulletin, "“Ask for help”")] {
        let earlier = EarlierMail { name, date, title: "Ask for help" };
        let of = |what: &'static str| BulletinIssue { about: Some(earlier), ..issue(&library, what) };
        let key = SegmentKey { bands: bands.names(), sector: Sector::School, locale: Locale::EnGb };
        let rendered = render_bulletin(&shipped(), &of("chat-game"), &key, &bands).unwrap();
        assert_eq!(rendered.subject, "A game with strangers in its chat");
        let (html, text) = filled(&rendered);
        let page = pages::bulletin(&shipped(), &of("chat-game"), &bands).unwrap();
        let said = format!("This is about the email that we sent on Monday 5 October 2026 ({which}).");
        for body in [&html, &text.replace('\n', " "), &page] {
            assert!(body.contains(&said), "{said}: {body}");
            assert!(!body.contains("What was wrong") && !body.contains("What is right"), "{body}");
        }
        let corrected = pages::bulletin(&shipped(), &of("wrong-number"), &bands).unwrap();
        assert!(
            corrected.contains(&format!("This corrects our email of Monday 5 October 2026 ({which}).")),
            "{corrected}"
        );
    }
}

/// Whoever follows the link of a mail that had left learns that it was withdrawn, and nothing of what it said.
#[test]
fn the_page_of_a_withdrawn_bulletin_says_that_alone() {
    let (library, bands) = (library(), Bands::shipped());
    let withdrawn = NaiveDate::from_ymd_opt(2026, 10, 13);
    let issue = BulletinIssue { withdrawn, ..issue(&library, "wrong-number") };
    let page = pages::bulletin(&shipped(), &issue, &bands).unwrap();
    show("page-withdrawn", &page);
    assert!(page.contains("We withdrew this bulletin on Tuesday 13 October 2026."), "{page}");
    assert!(page.contains("The number on the sheet was wrong") && page.contains("Childline"), "{page}");
    assert!(!page.contains("What was wrong") && !page.contains("Share this"), "{page}");
}

#[test]
fn its_page_has_the_look_and_the_help_of_the_others() {
    let (library, bands) = (library(), Bands::shipped());
    for name in ["chat-game", "wrong-number"] {
        let page = pages::bulletin(&shipped(), &issue(&library, name), &bands).unwrap();
        show(&format!("page-{name}"), &page);
        assert!(page.contains("Leave this page now") && page.contains("Childline"), "{page}");
        assert!(!page.contains("/u/") && !page.contains("TOKEN"), "{page}");
        let body = page.split("</style>").nth(1).unwrap();
        insta::assert_snapshot!(format!("bulletin_page_{name}"), body);
    }
}

fn without_bulletins() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("templates"), folder.path());
    for file in ["bulletin.mjml.hbs", "bulletin.txt.hbs", "web/bulletin.html.hbs"] {
        fs::remove_file(folder.path().join(file)).unwrap();
    }
    folder
}

fn edit(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn an_older_folder_of_templates_makes_bulletins_with_its_own_footer() {
    let folder = without_bulletins();
    edit(folder.path(), "partials/footer.mjml.hbs", "Sent by", "Sent with care by");
    edit(folder.path(), "partials/footer.mjml.hbs", "{{words.rhythm}}", "It comes once a fortnight.");
    let templates = Templates::load(folder.path()).unwrap();
    assert_eq!(templates.warnings.iter().map(|it| it.code).collect::<Vec<_>>(), ["shipped-template"]);
    let (html, _) = filled(&mail(&templates, "chat-game", Sector::School, &["8-10"]));
    assert!(html.contains("Sent with care by"), "{html}");
}

/// Its footer names a field that only editions have.
#[test]
fn an_older_folder_whose_footer_fits_no_bulletin_makes_them_as_shipped() {
    let folder = without_bulletins();
    edit(folder.path(), "partials/footer.mjml.hbs", "Sent by", "Edition {{edition}}, sent by");
    let templates = Templates::load(folder.path()).unwrap();
    let made = mail(&templates, "chat-game", Sector::School, &["8-10"]);
    assert_eq!(made, mail(&shipped(), "chat-game", Sector::School, &["8-10"]));
    let page = pages::bulletin(&templates, &issue(&library(), "chat-game"), &Bands::shipped()).unwrap();
    assert!(page.contains("A game with strangers in its chat"));
}

/// What an organisation wrote for its mails isn't dropped because a page is missing, and what is dropped is named.
#[test]
fn own_bulletin_templates_give_way_by_mail_and_web() {
    let with = |own: &[&str], spoiled: (&str, &str)| {
        let folder = without_bulletins();
        for file in own {
            fs::copy(root().join("templates").join(file), folder.path().join(file)).unwrap();
        }
        if own.contains(&"bulletin.mjml.hbs") {
            edit(folder.path(), "bulletin.mjml.hbs", "Read or print it on the web", "Read it on our pages");
        }
        // A field that only editions have.
        edit(folder.path(), spoiled.0, spoiled.1, &format!("{{{{@root.edition}}}}{}", spoiled.1));
        Templates::load(folder.path()).map(|templates| {
            let (html, _) = filled(&mail(&templates, "chat-game", Sector::School, &["8-10"]));
            let said = templates.warnings.iter().map(|it| format!("{}: {}", it.code, it.message)).collect::<Vec<_>>();
            pages::bulletin(&templates, &issue(&library(), "chat-game"), &Bands::shipped()).unwrap();
            (html.contains("Read it on our pages"), said)
        })
    };
    let page = ("web/partials/where.html.hbs", "{{@root.help.title}}");
    let (is_own, said) = with(&["bulletin.mjml.hbs", "bulletin.txt.hbs"], page).unwrap();
    assert!(is_own && said.len() == 1 && said[0].contains("web/bulletin.html.hbs is not here"), "{said:?}");
    let mail = ("partials/footer.txt.hbs", "{{words.why}}");
    let (is_own, said) = with(&["bulletin.mjml.hbs", "web/bulletin.html.hbs"], mail).unwrap();
    assert!(!is_own && said.len() == 2, "{said:?}");
    assert!(said[0].contains("bulletin.mjml.hbs isn't used, because bulletin.txt.hbs is not here"), "{said:?}");
}

/// Invariant 12 holds for bulletins, too.
#[test]
fn a_template_without_its_unsubscribe_link_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("templates"), folder.path());
    edit(folder.path(), "bulletin.txt.hbs", "{{> footer.txt}}", "{{service.postal_address}}");
    let errors = Templates::load(folder.path()).unwrap_err();
    assert!(errors[0].message.contains("lacks the unsubscribe link"), "{errors:?}");
    assert!(errors[0].file.as_ref().unwrap().ends_with("bulletin.txt.hbs"), "{errors:?}");
}
