//! The bands that a `bands` list or an `ages` range means.

use crate::domain::band::{BandName, BandSet, Bands};
use crate::domain::text::suggest::nearest;

/// What to do when a spreadsheet took 4-11 for a date.
pub(super) const DATES: &str = "a spreadsheet may have turned 4-11 or 5-7 into a date: format the columns bands and ages as text, then write them again";

/// The bands that a `bands` list or an `ages` range means; exactly one of them is given.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn bands_of(list: &str, ages: &str, bands: &Bands) -> Result<BandSet, String> {
    match (list.is_empty(), ages.is_empty()) {
        (true, true) => Err("one of bands and ages must be given".to_owned()),
        (false, false) => Err("only one of bands and ages may be given".to_owned()),
        (false, true) => list_of_bands(list, bands),
        (true, false) => ages_to_bands(ages, bands),
    }
}

/// Whether a cell reads like 04-Nov or 04/11/2026.
pub(super) fn looks_like_a_date(text: &str) -> bool {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let text = text.to_ascii_lowercase();
    text.matches('/').count() == 2
        || text
            .split(['-', ' ', '.'])
            .any(|part| part.len() >= 3 && MONTHS.contains(&part.get(..3).unwrap_or_default()))
}

fn list_of_bands(list: &str, bands: &Bands) -> Result<BandSet, String> {
    let known: Vec<&str> = bands.iter().map(|band| band.id.as_str()).collect();
    let mut set = BandSet::new();
    for word in list.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
        match word.parse::<BandName>() {
            Ok(name) if bands.get(&name).is_some() => {
                set.insert(name);
            }
            _ => {
                let shown: String = word.chars().filter(|c| !c.is_control()).take(20).collect();
                let near = nearest(word, known.iter().copied())
                    .map_or(String::new(), |band| format!("; did you mean {band}?"));
                return Err(format!("there is no band “{shown}” (they are: {}){near}", known.join(", ")));
            }
        }
    }
    if set.is_empty() { Err("names no band".to_owned()) } else { Ok(set) }
}

fn ages_to_bands(ages: &str, bands: &Bands) -> Result<BandSet, String> {
    let form = || {
        format!(
            "ages “{}” is not LOW-HIGH, such as 4-11",
            ages.chars().filter(|c| !c.is_control()).take(20).collect::<String>()
        )
    };
    let (low, high) = ages.split_once(['-', '–']).ok_or_else(form)?;
    let (low, high): (u8, u8) = (low.trim().parse().map_err(|_| form())?, high.trim().parse().map_err(|_| form())?);
    if low >= high {
        return Err(format!("ages {low}-{high} is empty: the first number must be smaller"));
    }
    let set = bands.for_ages(low, high);
    if set.is_empty() { Err(format!("no band has children from {low} until they turn {high}")) } else { Ok(set) }
}
