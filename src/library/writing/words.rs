//! What a field may be chosen from.

use crate::domain::activity::Nation;
use crate::domain::writing::form::{Choice, FormWords, Input};
use crate::library::theme::STRANDS;

/// How much care an activity asks for.
const CARE: [(&str, &str); 3] = [
    ("none", "Nothing special"),
    ("care", "Some care: it may touch something that a child has met"),
    ("high", "Much care: choose the moment, and know where to turn"),
];

/// How this key's value is chosen, where it's one of several words.
pub(super) fn choice(key: &str, chosen: &str) -> Option<Input> {
    let words: Vec<(String, String)> = match key {
        "sensitivity" => CARE.iter().map(|(word, label)| ((*word).to_owned(), (*label).to_owned())).collect(),
        "strand" => STRANDS.iter().map(|strand| ((*strand).to_owned(), capital(strand))).collect(),
        _ => return None,
    };
    let first = words.first().map_or("", |(word, _)| word.as_str());
    let chosen = if chosen.is_empty() { first } else { chosen }.to_owned();
    Some(Input::Choice(choices(&words, &[chosen])))
}

/// How this key's values are ticked, where they're some of several words.
pub(super) fn ticks(words: &FormWords, key: &str, chosen: &[String]) -> Option<Input> {
    let words = match key {
        "bands" => words.bands.clone(),
        "occasions" if !words.occasions.is_empty() => words.occasions.clone(),
        "sectors" => words.sectors.clone(),
        "nations" => Nation::ALL.iter().map(|nation| (nation.to_string(), nation.title().to_owned())).collect(),
        _ => return None,
    };
    Some(Input::Ticks(choices(&words, chosen)))
}

/// What stands in the file already can be chosen, too.
fn choices(words: &[(String, String)], chosen: &[String]) -> Vec<Choice> {
    let known = words.iter().map(|(value, label)| (value.clone(), label.clone()));
    let others =
        chosen.iter().filter(|one| words.iter().all(|(value, _)| value != *one)).map(|one| (one.clone(), one.clone()));
    let choice = |(value, label): (String, String)| Choice { is_chosen: chosen.contains(&value), value, label };
    known.chain(others).map(choice).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
