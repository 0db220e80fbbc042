//! `?bands=8-10,11-14`: which age groups somebody wants to read.

use crate::domain::band::{BandName, BandSet, Bands};

/// One of the names is no band of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnknownBand;

/// The bands that a query's parameter names; `None` when it names none, which means all of them.
///
/// `14+` arrives as `14 ` where a form's rules were applied to its sign; it is understood either way (contract §8).
pub(super) fn wanted(parameter: Option<&str>, bands: &Bands) -> Result<Option<BandSet>, UnknownBand> {
    let Some(list) = parameter.filter(|list| !list.is_empty()) else { return Ok(None) };
    let mut wanted = BandSet::new();
    for word in list.split(',') {
        let name: BandName = word.replace(' ', "+").parse().map_err(|_| UnknownBand)?;
        wanted.insert(bands.get(&name).ok_or(UnknownBand)?.id.clone());
    }
    Ok(Some(wanted))
}

/// The parameter that asks for these bands, ready for a link: `?bands=11-14,14%2B`; empty for all.
pub(super) fn query(wanted: Option<&BandSet>, bands: &Bands) -> String {
    let Some(wanted) = wanted else { return String::new() };
    let names: Vec<String> = bands.ordered(wanted).iter().map(|band| band.id.as_str().replace('+', "%2B")).collect();
    format!("?bands={}", names.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_understood_and_written() {
        let bands = Bands::shipped();
        for (asked, link) in [
            (None, ""),
            (Some(""), ""),
            (Some("4-5"), "?bands=4-5"),
            (Some("14+,11-14"), "?bands=11-14,14%2B"),
            (Some("14 ,11-14,11-14"), "?bands=11-14,14%2B"),
        ] {
            assert_eq!(query(wanted(asked, &bands).unwrap().as_ref(), &bands), link, "{asked:?}");
        }
        for wrong in ["x", "4-5,", ",", "14", "4-5;5-7", "<b>", "4-6"] {
            assert_eq!(wanted(Some(wrong), &bands), Err(UnknownBand), "{wrong}");
        }
    }
}
