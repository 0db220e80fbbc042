//! Pictures in a mail, read back by an independent parser.

use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::picture::{Picture, PictureForm};
use fortnightly::mail::{Frame, InlineParts, MailError};
use mail_parser::{MessageParser, MimeHeaders as _, PartType};

use super::{address, at, literal, personal, rendered, sender};

fn pictures() -> Vec<Picture> {
    let bytes = |seed: u32| (0..10_000).map(|n: u32| u8::try_from((n * n * seed) % 251).unwrap()).collect();
    vec![
        Picture::new(bytes(7), PictureForm::Jpeg, (1120, 630)),
        Picture::new(bytes(11), PictureForm::Png, (560, 560)),
        Picture::new(bytes(13), PictureForm::Png, (9, 9)),
    ]
}

/// A mail that shows the first two pictures.
fn message() -> Vec<u8> {
    let pictures = pictures();
    let mut rendered = rendered();
    for picture in &pictures[..2] {
        let image = format!("<img src=\"{}\" alt=\"A drawing\">", picture.info.name.in_mail());
        rendered.html.0.insert(1, literal(&image));
        rendered.pictures.push(picture.info.name.clone());
    }
    let parts = InlineParts::of(&pictures);
    let frame = Frame::illustrated(&rendered, &parts, &sender(), EditionNumber(7), at()).unwrap();
    let (to, mut bytes) = (address("office@hillside.example"), Vec::new());
    frame.join(&personal(&to, "e7-r12"), &mut bytes);
    bytes
}

#[test]
fn a_mail_brings_the_pictures_that_it_shows() {
    let (bytes, pictures) = (message(), pictures());
    assert_eq!(bytes, message(), "the same each time");
    let message = MessageParser::default().parse(&bytes).unwrap();
    let PartType::Multipart(alternatives) = &message.parts[0].body else { panic!("alternatives") };
    assert!(message.parts[0].content_type().unwrap().subtype() == Some("alternative") && alternatives.len() == 2);
    assert!(matches!(message.part(alternatives[0]).unwrap().body, PartType::Text(_)));
    let related = message.part(alternatives[1]).unwrap();
    let kind = related.content_type().unwrap();
    assert_eq!((kind.subtype(), kind.attribute("type")), (Some("related"), Some("text/html")));
    let PartType::Multipart(parts) = &related.body else { panic!("parts") };
    let html = message.part(parts[0]).unwrap();
    let PartType::Html(text) = &html.body else { panic!("the HTML comes first") };
    assert_eq!(parts.len(), 3);
    for (at, picture) in parts[1..].iter().zip(&pictures) {
        let part = message.part(*at).unwrap();
        let id = part.content_id().unwrap();
        assert!(text.contains(&format!("src=\"cid:{id}\"")), "{id}: {text}");
        assert_eq!(part.contents(), &*picture.bytes);
        assert!(part.content_disposition().unwrap().is_inline());
        let kind = part.content_type().unwrap();
        assert_eq!(format!("{}/{}", kind.ctype(), kind.subtype().unwrap()), picture.info.name.media_type());
    }
}

#[test]
fn every_line_is_short_and_ascii() {
    let bytes = message();
    assert!(bytes.is_ascii() && bytes.ends_with(b"\r\n--=_related--\r\n\r\n--=_fortnightly--\r\n"));
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    let encoded = text.split("Content-Transfer-Encoding: base64").nth(1).unwrap();
    assert!(encoded.split("\r\n\r\n").nth(1).unwrap().split("\r\n").all(|line| line.len() <= 76));
}

#[test]
fn a_picture_that_is_missing_is_told() {
    let mut rendered = rendered();
    rendered.pictures.push(pictures()[0].info.name.clone());
    let frame = Frame::build(&rendered, &sender(), EditionNumber(7), at());
    assert!(matches!(frame, Err(MailError::NoPicture)));
}
