//! Dated campaigns by name.

/// Parts of a word that keep their hyphen when a name is read as words.
const PREFIXES: [&str; 4] = ["anti", "e", "non", "self"];

/// `safer-internet-day` → `Safer Internet Day`, `anti-bullying-week` → `Anti-Bullying Week`.
pub fn title(name: &str) -> String {
    let words: Vec<&str> = name.split('-').filter(|word| !word.is_empty()).collect();
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            text.push(if PREFIXES.contains(&words[at - 1]) { '-' } else { ' ' });
        }
        let mut letters = word.chars();
        text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_as_titles() {
        for (name, expected) in [
            ("safer-internet-day", "Safer Internet Day"),
            ("anti-bullying-week", "Anti-Bullying Week"),
            ("exams", "Exams"),
            ("2027-games", "2027 Games"),
        ] {
            assert_eq!(title(name), expected);
        }
    }
}
