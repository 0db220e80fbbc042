//! “Did you mean …?”

/// The option most like `word`, if any is like it at all.
pub fn nearest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase();
    options
        .into_iter()
        .map(|option| (strsim::jaro_winkler(&folded, &option.to_lowercase()), option))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, option)| option)
}

/// All options, the most like `word` first.
pub fn nearest_first<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let folded = word.to_lowercase();
    let mut all: Vec<&str> = options.into_iter().collect();
    let likeness = |option: &str| strsim::jaro_winkler(&folded, &option.to_lowercase());
    all.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)).then_with(|| a.cmp(b)));
    all
}

#[cfg(test)]
mod tests {
    use super::{nearest, nearest_first};

    #[test]
    fn finds_a_slip_and_no_stranger() {
        assert_eq!(nearest("timezon", ["timezone", "grace"]), Some("timezone"));
        assert_eq!(nearest("send-at", ["send_at", "grace"]), Some("send_at"));
        assert_eq!(nearest("colour", ["timezone", "grace"]), None);
        assert_eq!(nearest_first("graze", ["timezone", "grace"]), ["grace", "timezone"]);
    }
}
