//! The facts of an entry of the audit log, in words.

use serde_json::Value;

/// One line of an entry's facts. Ids are in the export; here they would only be noise.
pub fn facts(detail: &Value) -> String {
    let Some(members) = detail.as_object() else { return String::new() };
    let told: Vec<String> = members.iter().filter_map(|(name, value)| fact(name, value)).collect();
    told.join(", ")
}

fn fact(name: &str, value: &Value) -> Option<String> {
    Some(match (name, value) {
        ("joined", Value::Bool(true)) => "joined the run that was active".to_owned(),
        ("failed_only", Value::Bool(true)) => "only what had failed".to_owned(),
        ("new_address", Value::Bool(true)) => "new address".to_owned(),
        ("enabled", Value::Bool(on)) => if *on { "on" } else { "off" }.to_owned(),
        ("policies", Value::Number(number)) if number.as_u64() == Some(1) => "1 policy".to_owned(),
        ("policies", Value::Number(number)) => format!("{number} policies"),
        ("expected_hours", Value::Number(hours)) => format!("expected every {hours} h"),
        ("cron" | "time_zone", Value::String(text)) => text.clone(),
        ("reason", Value::String(text)) => format!("\u{201c}{text}\u{201d}"),
        ("groups", Value::Object(groups)) if groups.len() == 1 => "1 group".to_owned(),
        ("groups", Value::Object(groups)) => format!("{} groups", groups.len()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn facts_are_told_in_words_and_ids_are_left_out() {
        assert_eq!(facts(&json!({ "joined": true })), "joined the run that was active");
        assert_eq!(facts(&json!({ "policies": 2, "run": "0199a0c0" })), "2 policies");
        assert_eq!(facts(&json!({ "failed_only": false, "retry_of": "0199a0c0" })), "");
        assert_eq!(facts(&json!({ "groups": { "a": "b" } })), "1 group");
    }
}
