//! Before and after, place by place: what was added, removed or changed.

use leptos::prelude::*;
use serde_json::Value;

use super::icon::{Glyph, Icon};
use crate::{
    model::comparison::{Change, ChangeKind},
    ui::words,
};

/// So many changes are open to see; more are folded away.
const OPEN: usize = 50;

/// A value of more lines or letters than these is folded.
const OPEN_LINES: usize = 6;
const OPEN_LETTERS: usize = 240;

/// The changes in the order in which they come; says so when there are none.
#[component]
pub fn Comparison(changes: Vec<Change>) -> impl IntoView {
    if changes.is_empty() {
        return view! { <p class="changes-none quiet">"Nothing differs."</p> }.into_any();
    }
    let mut open = changes;
    let folded = open.split_off(open.len().min(OPEN));
    let more = (!folded.is_empty()).then(|| {
        view! {
            <details class="fold changes-more">
                <summary><Icon glyph=Glyph::ChevronRight/>{words::more_changes(folded.len() as u64)}</summary>
                <Rows changes=folded/>
            </details>
        }
    });
    view! {
        <Rows changes=open/>
        {more}
    }
    .into_any()
}

#[component]
fn Rows(changes: Vec<Change>) -> impl IntoView {
    let rows = changes.into_iter().map(|change| view! { <Row change/> }).collect_view();
    view! { <ul class="changes">{rows}</ul> }
}

#[component]
fn Row(change: Change) -> impl IntoView {
    let kind = change.kind();
    let Change { path, before, after } = change;
    let path = match path.as_str() {
        "" => view! { <span class="change-path">"The whole policy"</span> }.into_any(),
        _ => view! { <code class="change-path">{path}</code> }.into_any(),
    };
    view! {
        <li class="change">
            <p class="change-head"><ChangeMark kind/>{path}</p>
            <div class="change-sides">
                <Side label="Before" value=before/>
                <Side label="After" value=after/>
            </div>
        </li>
    }
}

/// In which way a place differs: an icon and a word.
#[component]
pub fn ChangeMark(kind: ChangeKind) -> impl IntoView {
    let (glyph, state) = match kind {
        ChangeKind::Added => (Glyph::Plus, "state-succeeded"),
        ChangeKind::Removed => (Glyph::Minus, "state-failed"),
        ChangeKind::Changed => (Glyph::Swap, "state-partial"),
    };
    view! { <span class=format!("outcome change-mark {state}")><Icon glyph/>{kind.label()}</span> }
}

#[component]
fn Side(label: &'static str, value: Option<Value>) -> impl IntoView {
    view! {
        <div class="change-side">
            <span class="change-label">{label}</span>
            <ValueText value/>
        </div>
    }
}

/// One side's value; a long one shows its beginning and opens.
#[component]
pub fn ValueText(value: Option<Value>) -> impl IntoView {
    let Some(value) = value else { return view! { <span class="nothing">"Not set"</span> }.into_any() };
    let text = readable(&value);
    match is_long(&text) {
        false => view! { <pre class="change-value">{text}</pre> }.into_any(),
        true => view! {
            <details class="fold change-fold">
                <summary>
                    <Icon glyph=Glyph::ChevronRight/>
                    <code class="clip">{beginning(&text)}</code>
                    <span class="change-size">{size(&text)}</span>
                </summary>
                <pre class="change-value">{text}</pre>
            </details>
        }
        .into_any(),
    }
}

/// A value as people read it: text without quotes unless it would read as something else, the rest as JSON.
fn readable(value: &Value) -> String {
    match value {
        Value::String(text) if serde_json::from_str::<Value>(text).is_ok() => value.to_string(),
        Value::String(text) => text.clone(),
        Value::Object(_) | Value::Array(_) => serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string()),
        plain => plain.to_string(),
    }
}

/// Where the value stands of what is more than a value: a setting of the catalog, an assignment.
const CORES: [&str; 5] = [
    "/settingInstance/choiceSettingValue/value",
    "/settingInstance/simpleSettingValue/value",
    "/choiceSettingValue/value",
    "/simpleSettingValue/value",
    "/target",
];

/// From here on a beginning that two values share is left out of a line.
const SHARED: usize = 24;

/// A value on one line, for lists.
pub fn one_line(value: &Value) -> String {
    let core = CORES.iter().find_map(|core| value.pointer(core)).filter(|core| !core.is_object());
    match core.unwrap_or(value) {
        list @ (Value::Object(_) | Value::Array(_)) => list.to_string(),
        plain => readable(plain).split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// Two values on one line: a long beginning that they share is left out, so that what differs is in sight.
pub fn two_in_a_line(before: &Value, after: &Value) -> [String; 2] {
    let lines = [one_line(before), one_line(after)];
    let shared = lines[0].chars().zip(lines[1].chars()).take_while(|(old, new)| old == new).count();
    if shared < SHARED {
        return lines;
    }
    // A few letters before the difference stay, to know where one is.
    lines.map(|line| format!("\u{2026}{}", line.chars().skip(shared - 8).collect::<String>()))
}

fn is_long(text: &str) -> bool {
    text.lines().nth(OPEN_LINES).is_some() || text.chars().nth(OPEN_LETTERS).is_some()
}

fn beginning(text: &str) -> String {
    text.split_whitespace().take(12).collect::<Vec<_>>().join(" ").chars().take(80).collect()
}

fn size(text: &str) -> String {
    match text.lines().count() {
        0 | 1 => format!("{} characters", words::number(text.chars().count() as u64)),
        lines => format!("{} lines", words::number(lines as u64)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_reads_as_what_it_is() {
        assert_eq!(readable(&json!("enabled")), "enabled");
        assert_eq!([readable(&json!("1")), readable(&json!(1)), readable(&json!("true"))], ["\"1\"", "1", "\"true\""]);
        assert_eq!(readable(&json!({"a": 1})), "{\n  \"a\": 1\n}");
    }

    #[test]
    fn long_values_fold_and_say_how_long_they_are() {
        let (lines, letters) = ("line\n".repeat(7), "x".repeat(1_300));
        assert!(is_long(&lines) && is_long(&letters) && !is_long("short"));
        assert_eq!([size(&lines), size(&letters)], ["7 lines", "1,300 characters"]);
        assert_eq!(beginning("{\n  \"a\": 1\n}"), "{ \"a\": 1 }");
    }

    #[test]
    fn on_a_line_a_setting_is_its_value_and_what_differs_is_in_sight() {
        let setting = json!({"settingInstance": {"settingDefinitionId": "x", "choiceSettingValue": {"value": "x_1"}}});
        assert_eq!(one_line(&setting), "x_1");
        assert_eq!(one_line(&json!({"a": 1})), "{\"a\":1}");
        let long = |end: &str| json!(format!("device_vendor_msft_policy_config_{end}"));
        assert_eq!(two_in_a_line(&long("0"), &long("1")), ["\u{2026}_config_0", "\u{2026}_config_1"]);
        assert_eq!(two_in_a_line(&json!("on"), &json!("off")), ["on", "off"]);
    }
}
