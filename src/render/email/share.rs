//! *Share this*: a line for an app, and about 60 words for a newsletter.

use serde::Serialize;

use super::wording::bands_phrase;
use crate::domain::band::Band;

#[derive(Debug, Serialize)]
pub(crate) struct ShareView {
    /// One line for an app, with the link.
    pub(crate) line: String,
    /// About 60 words for a newsletter, with the link.
    pub(crate) paragraph: String,
    /// The address of the square picture with the title; empty where there is none.
    pub(crate) picture_url: String,
}

/// The most words of a newsletter paragraph; it has at least ten fewer.
const MOST: usize = 65;

/// Sentences that the paragraph takes, in this order, while there is room.
const MORE: [&str; 5] = [
    "They also say where to turn if something worries you or your child.",
    "They say what to get ready, what to do, and what to talk about.",
    "You do not need to be good with computers.",
    "There are no adverts and no tracking.",
    "It is free.",
];

/// Both texts, for the theme `title`, these bands, and the web view at `url`; and where the picture is.
pub(crate) fn share(title: &str, shown: &[&Band], url: &str, picture_url: String) -> ShareView {
    let span = bands_phrase(shown);
    let one = shown.len() == 1;
    let what = if one { "A free activity" } else { "Free activities" };
    ShareView {
        line: format!("Online safety in 15 minutes: “{title}”. {what} to do together, for {span}: {url}"),
        paragraph: paragraph(title, &span, one, url),
        picture_url,
    }
}

/// Both texts of a bulletin, or of a correction, with the web view at `url`.
pub(crate) fn of_bulletin(title: &str, summary: &str, is_correction: bool, url: &str) -> ShareView {
    let stop = if summary.ends_with(['.', '?', '!', '…']) { "" } else { "." };
    let about = format!("“{title}”: {summary}{stop}");
    let line = if is_correction { format!("A correction, {about} {url}") } else { format!("{about} {url}") };
    let kind = if is_correction { "a correction" } else { "news for families" };
    let more = MORE[0].replace("They also say", "It also says");
    ShareView {
        line,
        paragraph: format!("There is {kind} from our online-safety service. {about} {more} Read it here: {url}"),
        picture_url: String::new(),
    }
}

fn paragraph(title: &str, span: &str, one: bool, url: &str) -> String {
    let what = if one { "There is a 15-minute activity" } else { "There are 15-minute activities" };
    let opening =
        format!("This fortnight’s online-safety theme is “{title}”. {what} to do together at home, for {span}.");
    let closing = format!("Find {} here: {url}", if one { "it" } else { "them" });
    let mut words = count(&opening) + count(&closing);
    let mut parts = vec![opening];
    for sentence in MORE {
        if words + count(sentence) <= MOST {
            words += count(sentence);
            parts.push(if one {
                sentence.replace("They say", "It says").replace("They also say", "It also says")
            } else {
                sentence.to_owned()
            });
        }
    }
    parts.push(closing);
    parts.join(" ")
}

fn count(text: &str) -> usize {
    text.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::band::Bands;

    #[test]
    fn the_paragraph_has_about_sixty_words_and_the_link() {
        let bands = Bands::shipped();
        let all: Vec<&Band> = bands.iter().collect();
        for length in 1..=30 {
            let title = vec!["word"; length].join(" ");
            for mask in 1_usize..32 {
                let shown: Vec<&Band> = (0..5).filter(|at| mask >> at & 1 == 1).map(|at| all[at]).collect();
                let text = share(&title, &shown, "https://a.example/editions/1?bands=4-5", String::new());
                let words = count(&text.paragraph);
                assert!((MOST - 10..=MOST).contains(&words), "{words} words: {}", text.paragraph);
                assert!(text.paragraph.ends_with("https://a.example/editions/1?bands=4-5"));
                assert!(length > 16 || text.paragraph.contains("also say"), "{}", text.paragraph);
                assert!(text.line.ends_with("https://a.example/editions/1?bands=4-5"));
            }
        }
    }
}
