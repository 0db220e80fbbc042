//! What a text was when it was picked, part by part: enough to say later what was edited since.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::activity::{Activity, Theme};
use super::subscriber::{WordError, words};

/// Bytes of SHA-256 kept per part: an edit must not go unnoticed by chance, and nobody attacks it.
const KEPT: usize = 8;

words! {
    /// A part of an activity's or a theme's text.
    TextPart, "part of a text" {
        Title = "title",
        Summary = "summary",
        /// Minutes, needs, screen and care.
        Facts = "facts",
        Links = "links",
        Picture = "picture",
        GetReady = "get-ready",
        DoItTogether = "do-it-together",
        TalkAboutIt = "talk-about-it",
        IfSomethingWorriesYou = "if-something-worries-you",
        /// What a child practises.
        Skill = "skill",
        /// What is said together at the end.
        Say = "say",
        /// The step on a real device.
        Next = "next",
        /// The sheet to print.
        Printable = "printable",
        /// A theme's opening paragraph.
        Opening = "opening",
        /// A theme's article for parents.
        ForParents = "for-parents",
        /// Who wrote and who checked a theme's article.
        Byline = "byline",
        /// All that a bulletin says below its summary.
        Body = "body",
        /// Whom a bulletin is for.
        Audience = "audience",
    }
}

/// Short hashes of what readers see, one per part, such as `title:6f1ed002ab559585 …`.
/// Dates of review are no part of it: a review that changes nothing is no edit.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    pub fn of_activity(activity: &Activity) -> Self {
        let a = activity;
        Self::of(&[
            Some((TextPart::Title, part(&a.title))),
            Some((TextPart::Summary, part(&a.summary))),
            Some((TextPart::Facts, part(&(a.minutes, a.screen, a.sensitivity, &a.needs)))),
            Some((TextPart::Links, part(&a.resources))),
            picture(a).map(|hash| (TextPart::Picture, hash)),
            a.skill.as_ref().map(|skill| (TextPart::Skill, part(skill))),
            a.say.as_ref().map(|say| (TextPart::Say, part(say))),
            a.next.as_ref().map(|next| (TextPart::Next, part(next))),
            a.printable.as_ref().map(|printable| (TextPart::Printable, part(printable))),
            Some((TextPart::GetReady, part(&a.get_ready))),
            Some((TextPart::DoItTogether, part(&a.do_it_together))),
            Some((TextPart::TalkAboutIt, part(&a.talk_about_it))),
            Some((TextPart::IfSomethingWorriesYou, part(&a.if_something_worries_you))),
        ])
    }

    pub fn of_theme(theme: &Theme) -> Self {
        let t = theme;
        let byline = (&t.author, &t.reviewed_by);
        Self::of(&[
            Some((TextPart::Title, part(&t.title))),
            Some((TextPart::Opening, part(&t.opening))),
            Some((TextPart::ForParents, part(&t.for_parents))),
            (byline != (&None, &None)).then(|| (TextPart::Byline, part(&byline))),
        ])
    }

    pub fn of_bulletin_parts(title: &str, summary: &str, body: &impl Serialize, audience: &impl Serialize) -> Self {
        Self::of(&[
            Some((TextPart::Title, part(&title))),
            Some((TextPart::Summary, part(&summary))),
            Some((TextPart::Body, part(body))),
            Some((TextPart::Audience, part(audience))),
        ])
    }

    /// What a text does not have is left out. So a text without any of the parts that versions added is what it was before.
    fn of(parts: &[Option<(TextPart, String)>]) -> Self {
        let parts: Vec<String> = parts.iter().flatten().map(|(name, hash)| format!("{name}:{hash}")).collect();
        Self(parts.join(" "))
    }

    /// The parts in which `now` differs. None when one of the two is not known: every text has a title.
    pub fn changed(&self, now: &Self) -> Vec<TextPart> {
        let is_known = |print: &Self| print.part(TextPart::Title.as_str()).is_some();
        if !is_known(self) || !is_known(now) {
            return Vec::new();
        }
        // What was approved with a picture may go out without it, so a picture that can't be shown any more is no edit.
        let is_lost = |part: &TextPart| *part == TextPart::Picture && now.part(part.as_str()).is_none();
        let differs = |part: &TextPart| self.part(part.as_str()) != now.part(part.as_str()) && !is_lost(part);
        TextPart::ALL.iter().copied().filter(differs).collect()
    }

    fn part(&self, name: &str) -> Option<&str> {
        self.0.split(' ').find_map(|part| part.strip_prefix(name)?.strip_prefix(':'))
    }

    /// As the store keeps it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Fingerprint {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Of the picture, or of there being none; `None` where there is one that can't be shown.
fn picture(activity: &Activity) -> Option<String> {
    let is_shown = activity.image.as_ref().is_none_or(|image| !image.digest.is_empty());
    is_shown.then(|| part(&activity.image))
}

fn part(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).expect("texts, numbers and words always become JSON");
    HEXLOWER.encode(&Sha256::digest(json)[..KEPT])
}

/// One text that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The activity's id, or the theme's folder name.
    pub id: String,
    pub title: String,
    pub parts: Vec<TextPart>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(text: &str) -> Fingerprint {
        Fingerprint::from(text.to_owned())
    }

    #[test]
    fn names_the_parts_that_changed_and_only_those() {
        let then = print("title:aa summary:bb get-ready:cc");
        assert_eq!(then.changed(&then), []);
        assert_eq!(then.changed(&print("title:ab summary:bb get-ready:cd")), [TextPart::Title, TextPart::GetReady]);
    }

    #[test]
    fn a_part_that_came_or_went_changed() {
        let (without, with) = (print("title:aa summary:bb"), print("title:aa summary:bb skill:cc"));
        assert_eq!((without.changed(&with), with.changed(&without)), (vec![TextPart::Skill], vec![TextPart::Skill]));
    }

    #[test]
    fn a_picture_that_can_no_longer_be_shown_is_no_edit_and_one_that_can_is() {
        let (without, with) = (print("title:aa"), print("title:aa picture:bb"));
        assert_eq!((with.changed(&without), without.changed(&with)), (vec![], vec![TextPart::Picture]));
    }

    #[test]
    fn what_is_not_known_did_not_change() {
        assert!(print("").changed(&print("title:aa")).is_empty());
        assert!(print("title:aa").changed(&print("0123abcd")).is_empty());
    }
}
