//! The query of an address: its pairs, decoded, and how a value is written into one.

/// The pairs of a query, with or without its `?`, decoded. What is no UTF-8 is replaced, never refused.
pub fn pairs(query: &str) -> impl Iterator<Item = (String, String)> + '_ {
    query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

/// The first value of a name.
pub fn value(query: &str, name: &str) -> Option<String> {
    pairs(query).find(|(other, _)| other == name).map(|(_, value)| value)
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(nibble(*high) << 4 | nibble(*low));
                rest = after;
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

/// Appends `name=value`. The names are our own words and need no escape.
pub fn push(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => query.push(byte.into()),
            _ => {
                query.push('%');
                query.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
                query.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_query_is_read_as_browsers_write_it() {
        let read: Vec<_> = pairs("?a=1&b=x+y%2Bz&&c&a=%C3%A4&d=%zz%").collect();
        let read: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(read, [("a", "1"), ("b", "x y+z"), ("c", ""), ("a", "ä"), ("d", "%zz%")]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(values in prop::collection::vec(any::<String>(), 0..5)) {
            let mut query = String::new();
            for value in &values {
                push(&mut query, "v", value);
            }
            prop_assert!(query.is_ascii());
            prop_assert_eq!(pairs(&query).map(|(_, value)| value).collect::<Vec<_>>(), values);
        }
    }
}
