//! Light or dark: what the reader chose, kept in a cookie so that the server's first byte has it already.

use crate::text_enum;

text_enum! {
    /// How the pages look to this browser.
    Theme, "theme" {
        System = "system",
        Light = "light",
        Dark = "dark",
    }
}

impl Theme {
    /// The cookie that keeps it. Scripts may read it, it is no secret.
    pub const COOKIE: &'static str = "runledger_theme";

    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The `data-theme` of the document; none leaves it to the system.
    pub const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light | Self::Dark => Some(self.as_str()),
        }
    }

    /// What a cookie or an attribute says; anything else is the system's.
    pub fn of(text: Option<&str>) -> Self {
        text.and_then(|text| text.parse().ok()).unwrap_or(Self::System)
    }

    /// The schemes that the browser's own parts (scroll bars, fields) may take.
    pub const fn schemes(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_theme_is_left_to_the_system() {
        assert_eq!(Theme::of(Some("dark")), Theme::Dark);
        assert_eq!([Theme::of(None), Theme::of(Some("\"><script>"))], [Theme::System; 2]);
        assert_eq!(Theme::System.attribute(), None);
    }
}
