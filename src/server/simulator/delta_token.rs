//! The tokens of a change list: opaque to the caller, and known only to the simulator that gave them.

/// Where a reader of `/groups/delta` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Reading everything, as it was at a version.
    Whole { version: usize, offset: usize },
    /// Reading what has changed after `since`, up to a version.
    Changes { since: usize, version: usize, offset: usize },
    /// Knows everything up to a version.
    UpTo(usize),
}

impl Position {
    /// As it stands in an address.
    pub fn token(self, journal: &str) -> String {
        let words = match self {
            Self::Whole { version, offset } => format!("w.{version}.{offset}"),
            Self::Changes { since, version, offset } => format!("c.{since}.{version}.{offset}"),
            Self::UpTo(version) => format!("u.{version}"),
        };
        hex::encode(format!("{journal}.{words}"))
    }

    /// None for a token of another simulator, or for none at all.
    pub fn of(token: &str, journal: &str) -> Option<Self> {
        let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
        let words: Vec<&str> = text.strip_prefix(journal)?.strip_prefix('.')?.split('.').collect();
        let numbers: Vec<usize> = words.iter().skip(1).map(|word| word.parse().ok()).collect::<Option<_>>()?;
        match (words.first().copied()?, numbers.as_slice()) {
            ("w", &[version, offset]) => Some(Self::Whole { version, offset }),
            ("c", &[since, version, offset]) => Some(Self::Changes { since, version, offset }),
            ("u", &[version]) => Some(Self::UpTo(version)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Position;

    #[test]
    fn a_token_is_read_only_where_it_was_made() {
        let all = [
            Position::Whole { version: 3, offset: 20 },
            Position::Changes { since: 1, version: 3, offset: 0 },
            Position::UpTo(7),
        ];
        for position in all {
            let token = position.token("here");
            assert_eq!(Position::of(&token, "here"), Some(position));
            assert_eq!(Position::of(&token, "there"), None);
        }
        assert_eq!(Position::of("", "here"), None);
    }
}
