//! The way to a correction of what went out: the form of a bulletin in which its name, its title, the edition and the places for the
//! words are filled in.

use super::place::text_path;
use crate::app::writing::Writing;
use crate::domain::edition::EditionNumber;
use crate::domain::user::Permission;
use crate::domain::writing::{BULLETINS, TextRef};
use crate::web::console::asking::Asking;
use crate::web::console::caller::Caller;
use crate::web::console::parts::ConsoleParts;

/// How many corrections of one title find a name for their files.
const NAMES: usize = 20;

/// The parameters that say which edition it corrects, and in which text of that something was wrong.
const EDITION: &str = "corrects";
const TEXT: &str = "in";

/// The link to the form, for those who may write; empty for others. `title` is that of the text that was wrong in the edition, or of its
/// theme.
pub(in crate::web::console) fn link(
    parts: &ConsoleParts,
    caller: &Caller,
    edition: EditionNumber,
    title: &str,
    is_text: bool,
) -> String {
    let may = caller.may(Permission::Write);
    let path = may.then(|| path(&parts.writing(), edition, title, is_text)).flatten();
    path.map(|path| caller.link(&path)).unwrap_or_default()
}

/// The path of the form; none where no file can be called after the title.
pub(super) fn path(writing: &Writing, edition: EditionNumber, title: &str, is_text: bool) -> Option<String> {
    let text = free_name(writing, title)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("title", title).append_pair(EDITION, &edition.to_string());
    if is_text {
        query.append_pair(TEXT, title);
    }
    Some(format!("{}/edit?{}", text_path(&text), query.finish()))
}

/// A bulletin that isn't there yet.
fn free_name(writing: &Writing, title: &str) -> Option<TextRef> {
    let slug = writing.slug(&format!("correction {title}"))?;
    let names = (1..=NAMES).map(|at| if at == 1 { slug.clone() } else { format!("{slug}-{at}") });
    let is_free = |text: &TextRef| writing.lying(text).is_ok_and(|lying| lying.is_nothing());
    names.filter_map(|name| TextRef::parse(BULLETINS, &name)).find(is_free)
}

/// What the form is asked to begin with.
pub(super) fn asked_for(asking: &Asking) -> Option<(EditionNumber, Option<String>)> {
    let edition = asking.parameter(EDITION).parse().ok().map(EditionNumber)?;
    let text: String = asking.parameter(TEXT).chars().take(200).collect();
    Some((edition, Some(text).filter(|text| !text.is_empty())))
}
