//! The bytes of a message, read back by an independent parser.

use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::rendered::{Body, Piece, Slot};
use fortnightly::domain::text::check_characters;
use fortnightly::mail::{Frame, MailError, Personal};
use mail_parser::{Message, MessageParser};
use proptest::prelude::*;

use super::{address, at, literal, message, personal, rendered, sender};

#[test]
fn a_whole_message() {
    let (envelope, bytes) = message("office@hillside.example", "e7-r12").unwrap();
    assert_eq!(envelope.from.as_str(), "bounces+baaabbbcccdddeeefffggghhhiii@example.org");
    assert_eq!(envelope.to.as_str(), "office@hillside.example");
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap().replace("\r\n", "\n"));
}

#[test]
fn the_greeting_is_escaped_in_html_only() {
    let (_, bytes) = message("office@hillside.example", "e7-r12").unwrap();
    let message = MessageParser::default().parse(&bytes).unwrap();
    assert!(message.body_text(0).unwrap().starts_with("Dear families of St. Mary's & Tŷ'r Ysgol <Primary>,\r\n"));
    let html = message.body_html(0).unwrap();
    assert!(html.contains("<p>Dear families of St. Mary&#39;s &amp; Tŷ&#39;r Ysgol &lt;Primary&gt;,</p>"), "{html}");
}

#[test]
fn a_digest_without_an_unsubscribe_link_is_not_built() {
    for text in [true, false] {
        let mut rendered = rendered();
        let body = if text { &mut rendered.text } else { &mut rendered.html };
        body.0.retain(|piece| *piece != Piece::Slot(Slot::UnsubscribeUrl));
        let error = Frame::build(&rendered, &sender(), EditionNumber(7), at()).unwrap_err();
        assert!(matches!(error, MailError::NoUnsubscribe { .. }));
        assert!(error.to_string().contains("{{slot \"unsubscribe_url\"}}"), "{error}");
    }
}

#[test]
fn a_line_break_never_reaches_a_header() {
    let mut broken = rendered();
    broken.subject = "Hello\r\nBcc: everyone@example.org".to_owned();
    assert!(matches!(Frame::build(&broken, &sender(), EditionNumber(7), at()), Err(MailError::Header { .. })));
    for damage in [
        (|sender| sender.from.name = "A\r\nB".to_owned()) as fn(&mut fortnightly::domain::sender::Sender),
        |sender| sender.reply_to.as_mut().unwrap().name = "A\nB".to_owned(),
        |sender| sender.service = "A\rB".to_owned(),
        |sender| sender.base_url = "https://a.example\n".to_owned(),
    ] {
        let mut sender = sender();
        damage(&mut sender);
        assert!(matches!(Frame::build(&rendered(), &sender, EditionNumber(7), at()), Err(MailError::Header { .. })));
    }
    let frame = Frame::build(&rendered(), &sender(), EditionNumber(7), at()).unwrap();
    let to = address("office@hillside.example");
    let evil = "x>\r\nBcc: everyone@example.org\r\n\r\n";
    let personal = Personal { name: evil, unsubscribe_url: evil, unsubscribe_token: evil, ..personal(&to, "unused") };
    let mut bytes = Vec::new();
    frame.join(&personal, &mut bytes);
    assert!(MessageParser::default().parse(&bytes).unwrap().bcc().is_none());
}

/// RFC 2045 §6.7, rule 3: a soft line break may not be the last thing of a body.
#[test]
fn a_body_may_end_with_a_slot() {
    let mut rendered = rendered();
    rendered.text.0.push(Piece::Slot(Slot::UnsubscribeUrl));
    rendered.text.0.push(literal(""));
    let frame = Frame::build(&rendered, &sender(), EditionNumber(7), at()).unwrap();
    let to = address("office@hillside.example");
    let personal = personal(&to, "e7-r12");
    let mut bytes = Vec::new();
    frame.join(&personal, &mut bytes);
    assert!(!String::from_utf8(bytes.clone()).unwrap().contains("=\r\n\r\n--=_"));
    let message = MessageParser::default().parse(&bytes).unwrap();
    assert!(message.body_text(0).unwrap().trim_end().ends_with(personal.unsubscribe_url));
}

#[test]
fn a_bounce_address_too_long_for_its_token_is_refused() {
    let mut sender = sender();
    sender.bounce_address = address(&format!("{}@example.org", "b".repeat(60)));
    let frame = Frame::build(&rendered(), &sender, EditionNumber(7), at()).unwrap();
    let to = address("office@hillside.example");
    assert!(matches!(frame.envelope(&personal(&to, "e7-r12")), Err(MailError::BouncePath)));
}

#[test]
fn the_list_is_named_after_the_service_not_after_an_ip_address() {
    for (url, wanted) in [
        ("https://activities.example.org/x", "<fortnightly.activities.example.org>"),
        ("http://127.0.0.1:8025", "<fortnightly.example.org>"),
        ("http://[::1]:8025", "<fortnightly.example.org>"),
        ("http://localhost:8025", "<fortnightly.example.org>"),
    ] {
        let mut sender = sender();
        sender.base_url = url.to_owned();
        let frame = Frame::build(&rendered(), &sender, EditionNumber(7), at()).unwrap();
        let to = address("office@hillside.example");
        let mut bytes = Vec::new();
        frame.join(&personal(&to, "n"), &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(&format!("List-Id: Online Safety at Home\r\n {wanted}\r\n")), "{url}");
    }
}

/// Stretches of text that have broken some encoder or other.
fn stretch() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        ".",
        "..",
        "\n",
        "\n.",
        "\nFrom ",
        "From ",
        " ",
        "\t",
        " \n",
        "=",
        "=3D",
        "=\n",
        "é",
        "ŵ",
        "Tŷ’r",
        "😀",
        "👨‍👩‍👧",
        "--=_fortnightly",
        "\n--=_fortnightly--\n",
        "<p class=\"a\">",
        "&amp;",
        "\u{a0}",
        "x",
    ]);
    prop_oneof![
        4 => nasty.prop_map(str::to_owned),
        1 => (1_usize..200).prop_map(|n| "x".repeat(n)),
        1 => "\\PC{0,40}",
        2 => "[a-z ,.]{0,80}",
    ]
}

fn body() -> impl Strategy<Value = Body> {
    let slot = prop::sample::select(Slot::ALL.to_vec()).prop_map(Piece::Slot);
    let text = prop::collection::vec(stretch(), 0..12).prop_map(|list| Piece::Literal(list.concat()));
    prop::collection::vec(prop_oneof![1 => slot, 2 => text], 0..12).prop_map(|mut pieces| {
        pieces.insert(pieces.len() / 2, Piece::Slot(Slot::UnsubscribeUrl));
        pieces.push(literal("\n"));
        Body(pieces)
    })
}

fn line() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => "\\PC{0,12}",
        3 => "[A-Za-z ]{0,40}",
        1 => prop::sample::select(vec!["=?utf-8?q?x?=", "=?", ".", " . ", "\"", "\\", "  ", "<a@b.example>", "Llŷn", "😀", "👨‍👩‍👧", ",", "(c)"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..6)
        .prop_map(|list| list.concat().trim().chars().take(200).collect::<String>())
        .prop_filter("allowed by the rules for names", |text| check_characters(text).is_ok())
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

fn raw<'a>(message: &'a Message, name: &str) -> &'a str {
    message.headers_raw().find(|(header, _)| header.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.trim())
}

/// What RFC 5322 §2.1.1 and RFC 2045 §6.7 ask of every line.
fn check_lines(bytes: &[u8]) {
    assert!(bytes.is_ascii());
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "a bare CR or LF");
    assert!(text.ends_with("\r\n"));
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.split("\r\n").all(|line| line.len() <= 998 && !line.trim().is_empty()));
    for line in body.split("\r\n") {
        assert!(line.len() <= 76, "{line}");
        assert!(!line.starts_with('.') && !line.starts_with("From "), "{line}");
        assert!(!line.ends_with([' ', '\t']), "{line:?}");
    }
    let delimiters = body.split("\r\n").filter(|line| line.starts_with("--=_fortnightly"));
    assert_eq!(delimiters.count(), 3, "the boundary occurs in a body");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_comes_back(
        subject in line(), from in line(), service in line(), greeting in line(), html in body(), text in body()
    ) {
        let mut rendered = rendered();
        (rendered.subject, rendered.html, rendered.text) = (subject.clone(), html, text);
        let mut sender = sender();
        (sender.from.name, sender.service) = (from.clone(), service);
        let frame = Frame::build(&rendered, &sender, EditionNumber(7), at()).unwrap();
        let to = address("Office+x@hillside.example");
        let personal = Personal { greeting: &greeting, ..personal(&to, "e7-r12") };
        let (mut bytes, mut again) = (Vec::new(), Vec::new());
        frame.join(&personal, &mut bytes);
        Frame::build(&rendered, &sender, EditionNumber(7), at()).unwrap().join(&personal, &mut again);
        prop_assert!(bytes == again, "two builds differ");
        check_lines(&bytes);

        let message = MessageParser::default().parse(&bytes).unwrap();
        prop_assert_eq!(message.subject().unwrap_or_default(), subject);
        let sent_by = message.from().and_then(|list| list.first()).unwrap();
        prop_assert_eq!(sent_by.name().unwrap_or_default(), from);
        prop_assert_eq!(sent_by.address(), Some("activities@example.org"));
        prop_assert_eq!(message.to().and_then(|list| list.first()).unwrap().address(), Some(to.as_str()));
        prop_assert_eq!(message.reply_to().and_then(|list| list.first()).unwrap().address(), Some("team@example.org"));
        prop_assert_eq!(message.message_id(), Some("e7-r12@example.org"));
        prop_assert_eq!(message.date().unwrap().to_timestamp(), at().timestamp());
        let leave = format!("<{}>,\r\n <mailto:unsubscribe+{}@example.org>", personal.unsubscribe_url, personal.unsubscribe_token);
        prop_assert_eq!(raw(&message, "List-Unsubscribe"), leave);
        prop_assert_eq!(raw(&message, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        prop_assert_eq!(raw(&message, "Feedback-ID"), "e7:digest:example.org:fortnightly");
        let list = raw(&message, "List-Id");
        prop_assert!(list.ends_with("<fortnightly.activities.example.org>"), "{}", list);

        let value = |slot| match slot {
            Slot::Greeting => personal.greeting.to_owned(),
            Slot::UnsubscribeUrl => personal.unsubscribe_url.to_owned(),
            Slot::PreferencesUrl => personal.preferences_url.to_owned(),
            Slot::ConfirmUrl => String::new(),
        };
        prop_assert_eq!(message.text_body_count(), 1);
        prop_assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n"), rendered.text.fill(value));
        prop_assert_eq!(message.body_html(0).unwrap().replace("\r\n", "\n"), rendered.html.fill(|slot| escaped(&value(slot))));
    }
}
