//! What of an address made no sense and was ignored, in words for its reader.

/// So much of a text is repeated to its reader.
const SHOWN_CHARS: usize = 40;
/// So many oddities are named; of the others only the number is.
const NAMED: usize = 5;

/// Collects what was ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilterNote {
    named: Vec<String>,
    more: usize,
    no_place: bool,
    sentences: Vec<&'static str>,
}

impl FilterNote {
    /// The text is none of these.
    pub fn no(&mut self, text: &str, kind: &str) {
        self.ignored(&format!("\u{201c}{}\u{201d} is no {kind}", short(text)));
    }

    /// There is another one before it: a form that is sent without scripts has a day and a range of days.
    pub fn second(&mut self, text: &str) {
        self.ignored(&format!("\u{201c}{}\u{201d}, because another such value stands before it", short(text)));
    }

    /// Something else was ignored.
    pub fn ignored(&mut self, what: &str) {
        if self.named.iter().any(|named| named == what) {
            return;
        }
        if self.named.len() < NAMED {
            self.named.push(what.to_owned());
        } else {
            self.more += 1;
        }
    }

    /// The place in the list is not there: never was, or belongs to another tenant, or its run has been removed.
    pub fn no_place(&mut self) {
        self.no_place = true;
    }

    /// The range of time has no moment in it.
    pub fn empty_range(&mut self) {
        self.sentences.push("The time range ends before it begins, so no run is in it.");
    }

    /// The whole note, if there is anything to tell.
    pub fn text(&self) -> Option<String> {
        let mut sentences = Vec::new();
        if !self.named.is_empty() {
            let more = if self.more > 0 { format!("; and {} more", self.more) } else { String::new() };
            sentences.push(format!("Ignored: {}{more}.", self.named.join("; ")));
        }
        if self.no_place {
            let words = "The place in the list that this address names does not exist; these are the newest runs.";
            sentences.push(words.to_owned());
        }
        sentences.extend(self.sentences.iter().map(|sentence| (*sentence).to_owned()));
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }
}

/// The text on one line, cut to a length that a line has room for.
fn short(text: &str) -> String {
    let mut clean = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let shown: String = clean.by_ref().take(SHOWN_CHARS).collect();
    if clean.next().is_some() { shown + "\u{2026}" } else { shown }
}
