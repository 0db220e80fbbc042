//! What changed in the texts of an edition or a bulletin since they were approved, word by word.

use similar::{ChangeTag, TextDiff};

use super::activity::{Activity, ActivityId, Image, Sensitivity, Theme};
use super::bulletin::Bulletin;
use super::edition::Selection;
use super::edits::{ApprovedTexts, Texts};
use super::fingerprint::{Fingerprint, TextPart};
use super::prose::{Block, Inline, Prose};

/// A text that is not what was approved, with its parts that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextChange {
    pub title: String,
    /// The activity's id, the theme's folder name, or the bulletin's name.
    pub id: String,
    pub kind: ChangeKind,
    pub parts: Vec<PartChange>,
}

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    Edited,
    /// It was approved, and is in the edition no longer.
    Removed,
    /// It is in the edition, and was not approved.
    Added,
}

/// One part of a text, in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartChange {
    pub part: TextPart,
    pub pieces: Vec<Piece>,
}

/// A run of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub mark: Mark,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Same,
    Removed,
    Added,
}

/// Every text of the edition that differs from what was approved: the theme's, then the activities' in the order of the picks, then
/// those that are gone.
pub fn changes(approved: &ApprovedTexts, texts: Texts<'_>, selection: &Selection) -> Vec<TextChange> {
    let now = ApprovedTexts::of(texts, selection);
    let theme = of_theme(approved.theme.as_ref(), now.theme.as_ref());
    let find = |list: &[Activity], id: &ActivityId| list.iter().find(|one| one.id == *id).cloned();
    let there =
        now.activities.iter().filter_map(|new| of_activity(find(&approved.activities, &new.id).as_ref(), Some(new)));
    let is_gone = |old: &&Activity| find(&now.activities, &old.id).is_none();
    let gone = approved.activities.iter().filter(is_gone).filter_map(|old| of_activity(Some(old), None));
    theme.into_iter().chain(there).chain(gone).collect()
}

/// What differs in a bulletin from what was approved of it; none where nothing does.
pub fn bulletin_change(approved: &Bulletin, now: &Bulletin) -> Option<TextChange> {
    let parts = approved.fingerprint().changed(&now.fingerprint());
    let part =
        |part: &TextPart| part_change(*part, |text: &Bulletin| bulletin_part(text, *part), Some(approved), Some(now));
    let parts: Vec<PartChange> = parts.iter().map(part).collect();
    let (title, id, kind) = (now.title.clone(), now.name.to_string(), ChangeKind::Edited);
    (!parts.is_empty()).then_some(TextChange { title, id, kind, parts })
}

fn of_theme(old: Option<&Theme>, new: Option<&Theme>) -> Option<TextChange> {
    let shown = new.or(old)?;
    let is_same_theme = old.zip(new).is_none_or(|(old, new)| old.name == new.name);
    let parts = match (old.map(Fingerprint::of_theme), new.map(Fingerprint::of_theme)) {
        (Some(old), Some(new)) => old.changed(&new),
        _ => Vec::new(),
    };
    let part = |part: &TextPart| part_change(*part, |theme: &Theme| theme_part(theme, *part), old, new);
    let parts: Vec<PartChange> = parts.iter().map(part).collect();
    let kind = if is_same_theme { ChangeKind::Edited } else { ChangeKind::Added };
    (!parts.is_empty()).then(|| TextChange { title: shown.title.clone(), id: shown.name.clone(), kind, parts })
}

fn of_activity(old: Option<&Activity>, new: Option<&Activity>) -> Option<TextChange> {
    let shown = new.or(old)?;
    let (kind, parts) = match (old, new) {
        (Some(old), Some(new)) => {
            (ChangeKind::Edited, Fingerprint::of_activity(old).changed(&Fingerprint::of_activity(new)))
        }
        (None, _) => (ChangeKind::Added, Vec::new()),
        (_, None) => (ChangeKind::Removed, Vec::new()),
    };
    if kind == ChangeKind::Edited && parts.is_empty() {
        return None;
    }
    let part = |part: &TextPart| part_change(*part, |activity: &Activity| activity_part(activity, *part), old, new);
    let parts = parts.iter().map(part).collect();
    Some(TextChange { title: shown.title.clone(), id: shown.id.to_string(), kind, parts })
}

fn part_change<T>(part: TextPart, text: impl Fn(&T) -> String, old: Option<&T>, new: Option<&T>) -> PartChange {
    let (old, new) = (old.map(&text).unwrap_or_default(), new.map(&text).unwrap_or_default());
    PartChange { part, pieces: pieces(&old, &new) }
}

/// The words of both, with what of each the other does not have.
pub fn pieces(old: &str, new: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for change in TextDiff::from_words(old, new).iter_all_changes() {
        let mark = match change.tag() {
            ChangeTag::Equal => Mark::Same,
            ChangeTag::Delete => Mark::Removed,
            ChangeTag::Insert => Mark::Added,
        };
        match pieces.last_mut().filter(|last| last.mark == mark) {
            Some(last) => last.text.push_str(change.value()),
            None => pieces.push(Piece { mark, text: change.value().to_owned() }),
        }
    }
    pieces
}

fn theme_part(theme: &Theme, part: TextPart) -> String {
    match part {
        TextPart::Title => theme.title.clone(),
        TextPart::Opening => prose(&theme.opening),
        TextPart::ForParents => prose(&theme.for_parents),
        TextPart::Byline => lines([&theme.author, &theme.reviewed_by].into_iter().flatten().cloned()),
        _ => String::new(),
    }
}

fn bulletin_part(text: &Bulletin, part: TextPart) -> String {
    match part {
        TextPart::Title => text.title.clone(),
        TextPart::Summary => text.summary.clone(),
        TextPart::Body => {
            let correction = text.correction.iter().flat_map(|correction| [&correction.wrong, &correction.right]);
            lines(correction.chain([&text.body]).map(prose).filter(|part| !part.is_empty()))
        }
        TextPart::Audience => {
            let bands = text.bands.iter().map(|band| format!("band {band}"));
            let sectors = text.sectors.iter().map(|sector| sector.as_str().to_owned());
            let corrects = text.corrects.map(|edition| format!("readers of edition {edition}"));
            lines(bands.chain(sectors).chain(corrects))
        }
        _ => String::new(),
    }
}

fn activity_part(a: &Activity, part: TextPart) -> String {
    match part {
        TextPart::Title => a.title.clone(),
        TextPart::Summary => a.summary.clone(),
        TextPart::Facts => facts(a),
        TextPart::Links => {
            lines(a.resources.iter().map(|one| format!("{} ({}) {}", one.title, one.publisher, one.url)))
        }
        TextPart::Picture => {
            // Another picture may have come in the place of one of the same name.
            let file = |one: &Image| format!("{} ({})", one.file, one.digest.get(..8).unwrap_or("not drawn"));
            lines(a.image.iter().flat_map(|one| [file(one), one.alt.clone(), one.credit.clone()]))
        }
        TextPart::GetReady => prose(&a.get_ready),
        TextPart::DoItTogether => prose(&a.do_it_together),
        TextPart::TalkAboutIt => prose(&a.talk_about_it),
        TextPart::IfSomethingWorriesYou => prose(&a.if_something_worries_you),
        TextPart::Skill => a.skill.clone().unwrap_or_default(),
        TextPart::Say => a.say.clone().unwrap_or_default(),
        TextPart::Next => lines(a.next.iter().map(|one| format!("{} ({}) {}", one.text, one.publisher, one.url))),
        TextPart::Printable => lines(a.printable.iter().flat_map(|one| [one.file.clone(), one.svg.clone()])),
        TextPart::Opening | TextPart::ForParents | TextPart::Byline | TextPart::Body | TextPart::Audience => {
            String::new()
        }
    }
}

fn facts(activity: &Activity) -> String {
    let screen = if activity.screen { "with a screen" } else { "without a screen" };
    let care = match activity.sensitivity {
        Sensitivity::None => "no special care",
        Sensitivity::Care => "needs care",
        Sensitivity::High => "needs much care",
    };
    let facts = [format!("{} minutes", activity.minutes), screen.to_owned(), care.to_owned()];
    lines(facts.into_iter().chain(activity.needs.iter().map(|need| format!("needs {need}"))))
}

fn lines(all: impl IntoIterator<Item = String>) -> String {
    all.into_iter().collect::<Vec<_>>().join("\n")
}

/// The words with their links' addresses, a line a block: an edit of an address is an edit.
fn prose(prose: &Prose) -> String {
    let mut out = String::new();
    blocks(&prose.0, &mut out);
    out.trim_end().to_owned()
}

fn blocks(list: &[Block], out: &mut String) {
    for block in list {
        match block {
            Block::Paragraph(content) | Block::Heading(content) => {
                inlines(content, out);
                out.push('\n');
            }
            Block::List { items, .. } => {
                for item in items {
                    out.push_str("– ");
                    blocks(&item.0, out);
                }
            }
            Block::Quote(inner) => blocks(&inner.0, out),
        }
    }
}

fn inlines(list: &[Inline], out: &mut String) {
    for inline in list {
        match inline {
            Inline::Text(text) => out.push_str(text),
            Inline::Emphasis(inner) | Inline::Strong(inner) => inlines(inner, out),
            Inline::Link { href, content } => {
                inlines(content, out);
                out.push_str(&format!(" ({href})"));
            }
            Inline::Break => out.push('\n'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_marked_and_nothing_is_lost() {
        let (old, new) = ("Ask who made it, and why.", "Ask your child who made it, and what for.");
        let found = pieces(old, new);
        let join = |left_out: Mark| -> String {
            found.iter().filter(|piece| piece.mark != left_out).map(|piece| piece.text.as_str()).collect()
        };
        assert_eq!((join(Mark::Added).as_str(), join(Mark::Removed).as_str()), (old, new));
        assert!(found.contains(&Piece { mark: Mark::Added, text: "your child ".to_owned() }), "{found:?}");
        assert!(found.contains(&Piece { mark: Mark::Removed, text: "why.".to_owned() }), "{found:?}");
        assert_eq!(pieces("", ""), []);
    }
}
