//! Takes secrets, addresses and personal data out of free text before it is stored, logged or shown.

use std::sync::LazyLock;

use regex::Regex;

/// The names whose values are secret, with or without a prefix (`adminPassword`).
macro_rules! names {
    () => {
        "(?:client[_-]?secret|client[_-]?assertion|passw(?:or)?d|pwd|(?:access|refresh|id)[_-]?token|api[_-]?key)"
    };
}

/// What may not be told, and what stands in its place. The order matters: a header goes before the token in it,
/// a named value before the address in it.
const PATTERNS: [(&str, &str); 9] = [
    // A header with its value, to the end of the line or to the closing quote when it stands in JSON.
    (r#"(?i)(\b(?:proxy-)?authorization\\*["']?\s*[:=]\s*\\*["']?)[^"'\r\n]+"#, "${1}[secret]"),
    (r#"(?i)\b(bearer)\s+[^\s"',;]+"#, "${1} [secret]"),
    // A named value in JSON that stands escaped in other JSON, whose closing quote is escaped too.
    (concat!(r#"(?i)("#, names!(), r#"\\+"\s*:\s*\\+")(?:[^"\\]|\\[^"])*"#), "${1}[secret]"),
    // A named value in quotes: JSON and debug output. Its own quotes are escaped; its end may have been cut off.
    (concat!(r#"(?i)("#, names!(), r#"["']?\s*[:=]\s*)(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)"#), "${1}[secret]"),
    // A named value in a form, a query or a header.
    (concat!(r#"(?i)("#, names!(), r#"\s*[:=]\s*)[^\s&"',;]+"#), "${1}[secret]"),
    (r#"(?i)((?:skip|delta)token(?:=|%3d|:\s*))["']?[^\s&"']+"#, "${1}[token]"),
    // A JSON web token wherever it stands.
    (r"eyJ[A-Za-z0-9_\-+/=%.~]+", "[token]"),
    (r#"(?i)\b[a-z][a-z0-9+.-]*://[^\s"'<>\\]+"#, "[url]"),
    // An e-mail address or a user principal name.
    (r"(?i)[\p{L}\p{N}._%+'#-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+", "[address]"),
];

/// A pattern that does not compile would be missing here; a test counts them.
static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    PATTERNS.iter().filter_map(|(pattern, instead)| Some((Regex::new(pattern).ok()?, *instead))).collect()
});

/// The text without tokens, passwords, client secrets, addresses of other systems, e-mail addresses and user names.
/// What support needs stays: reason codes, HTTP statuses, request ids, object ids.
pub fn redact(text: &str) -> String {
    RULES.iter().fold(text.to_owned(), |text, (pattern, instead)| pattern.replace_all(&text, *instead).into_owned())
}

/// An error with the chain of its causes, for the log, redacted.
pub fn detail(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    redact(&text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(RULES.len(), PATTERNS.len());
    }

    #[test]
    fn secrets_addresses_and_names_go() {
        for (text, redacted) in [
            ("Authorization: Bearer abc.def", "Authorization: [secret]"),
            (
                r#"{"authorization": "Basic dXNlcg==", "accept": "*/*"}"#,
                r#"{"authorization": "[secret]", "accept": "*/*"}"#,
            ),
            ("sent bearer abc~def, got 401", "sent bearer [secret], got 401"),
            ("client_id=1&client_secret=a~b.c&scope=x", "client_id=1&client_secret=[secret]&scope=x"),
            (r#"{"client_secret":"a\"b c","x":1}"#, r#"{"client_secret":[secret],"x":1}"#),
            (r#"{\"password\":\"a b\",\"x\":1}"#, r#"{\"password\":\"[secret]\",\"x\":1}"#),
            ("adminPassword: hunter2", "adminPassword: [secret]"),
            ("token eyJhbGciOi.eyJzdWIi.c2ln was refused", "token [token] was refused"),
            ("?$skiptoken=abc%27&$top=5", "?$skiptoken=[token]&$top=5"),
            ("$deltatoken=xyz", "$deltatoken=[token]"),
            ("GET https://graph.example/v1.0/users?$top=1 failed", "GET [url] failed"),
            ("postgres://me:word@db/ledger is gone", "[url] is gone"),
            ("user ada.lovelace@contoso.example left", "user [address] left"),
            ("guest ada_x.example#EXT#@contoso.onmicrosoft.com", "guest [address]"),
        ] {
            assert_eq!(redact(text), redacted);
        }
    }

    #[test]
    fn what_support_needs_stays() {
        let text = "permission_denied: HTTP 403 Authorization_RequestDenied, request-id \
                    0eca952c-bcbb-41a8-a298-9189a6d19d9b, passwordRequired differs, AADSTS7000215";
        assert_eq!(redact(text), text);
    }

    proptest! {
        #[test]
        fn no_secret_survives_in_any_of_the_places_where_secrets_stand(
            secret in "[A-Za-z0-9~_.-]{12,48}",
            place in prop::sample::select(vec![
                "Authorization: Bearer {}", "authorization=Basic {}", "Bearer {}", "client_secret={}&grant_type=x",
                "grant_type=x&client_assertion={}", "\"client_secret\":\"{}\"", "client_secret: {}", "password={}",
                "{\\\"clientSecret\\\": \\\"{}\\\"}", "\"access_token\" : \"{}\", \"expires_in\": 3599", "eyJ{}",
                "https://graph.example/v1.0/groups/delta?$deltatoken={}", "$skiptoken={}", "%24skiptoken%3D{}",
                "password = '{}'", "https://user:{}@graph.example/",
            ]),
            before in "[ a-z:,]{0,20}",
            after in "([ \n][ -~]{0,20})?",
        ) {
            // A secret made of one character class may by chance be a part of the marks that replace it.
            prop_assume!(secret.len() > "[address]".len());
            let text = format!("{before} {}{after}", place.replace("{}", &secret));
            prop_assert!(!redact(&text).contains(&secret), "{}", redact(&text));
        }

        #[test]
        fn no_user_name_survives(name in "[a-z][a-z0-9._]{2,20}", domain in "[a-z]{3,10}\\.(com|onmicrosoft\\.com)") {
            let address = format!("{name}@{domain}");
            let text = format!("Failed for user '{}' (HTTP 403)", address);
            prop_assert!(!redact(&text).contains(&address));
        }
    }
}
