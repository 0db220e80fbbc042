//! Blocks of header fields: of a message, and of the parts that are for programs (RFC 3464 §2.1, RFC 5965 §3.1).

/// One block, unfolded; names in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The header of a message.
    pub(super) fn of_header(message: &[u8]) -> Self {
        let text = String::from_utf8_lossy(message);
        let mut fields = Self::default();
        text.lines().take_while(|line| !line.trim().is_empty()).for_each(|line| fields.add(line));
        fields
    }

    /// The blocks of a part, which empty lines keep apart.
    pub(super) fn blocks(content: &[u8]) -> Vec<Self> {
        let text = String::from_utf8_lossy(content);
        let mut blocks = vec![Self::default()];
        for line in text.lines() {
            match blocks.last_mut() {
                Some(block) if !line.trim().is_empty() => block.add(line),
                Some(block) if !block.0.is_empty() => blocks.push(Self::default()),
                _ => {}
            }
        }
        blocks.retain(|block| !block.0.is_empty());
        blocks
    }

    fn add(&mut self, line: &str) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = self.0.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            self.0.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// The first field of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether there is a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The fields of any of these names, in order.
    pub(super) fn all<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|(known, _)| names.contains(&known.as_str())).map(|(_, value)| value.as_str())
    }
}

/// The letters and digits of a text in lower case: `Auto-Replied (vacation)` and `auto_replied` begin alike.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
