//! One fault the simulator can have, written `throttle:3` on the command line and in JSON.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::collection::Collection;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// `throttle:N`: the next N list requests answer 429 with `Retry-After: 1`.
    Throttle(u32),
    /// `busy:N`: every Nth list request answers 429 with `Retry-After: 1`.
    Busy { every: u32, seen: u32 },
    /// `unavailable:N`: the next N list requests answer 503.
    Unavailable(u32),
    /// `revoked:N`: after N more requests the token then presented is revoked: 401 until a new one is fetched.
    Revoked(u32),
    /// `slow:MILLIS`: every request waits that long.
    Slow(Duration),
    /// `forbidden:FAMILY`: 403.
    Forbidden(Collection),
    /// `unlicensed:FAMILY`: 400, "Request not applicable to target tenant".
    Unlicensed(Collection),
    /// `broken:FAMILY`: a body that ends in the middle of its JSON.
    Broken(Collection),
    /// `twice:FAMILY`: each page but the first begins with the last object of the page before.
    Twice(Collection),
    /// `repeat:FAMILY`: every page names itself as the next.
    Repeat(Collection),
    /// `stale:FAMILY`: before what a change list has to tell it tells how groups that went or came back were before.
    Stale(Collection),
    /// `unnamed:FAMILY`: the first object of each page has no id.
    Unnamed(Collection),
    /// `resync:STATUS` or `resync:STATUS:AFTER`: after so many more requests for a change list with a token one is told to
    /// begin anew: 410 with a `Location`, else this status with `syncStateNotFound`.
    Resync { status: u16, after: u32 },
    /// `html:FAMILY`: 200 with a web page, as a proxy in between sends it.
    Html(Collection),
    /// `write_lost:N`: the next N writes are done, and answered 504 as if nobody knew.
    WriteLost(u32),
    /// `exists:FAMILY`: creating in the family answers 409, `nameAlreadyExists`.
    Exists(Collection),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    #[error(
        "\"{0}\" is not a fault; write throttle:N, busy:N, unavailable:N, revoked:N, slow:MILLIS, forbidden:FAMILY, \
         unlicensed:FAMILY, broken:FAMILY, html:FAMILY, twice:FAMILY, repeat:FAMILY, stale:FAMILY, unnamed:FAMILY, \
         write_lost:N, exists:FAMILY, resync:STATUS or resync:STATUS:AFTER"
    )]
    UnknownFault(String),
    #[error("\"{0}\" is not a whole number that this fault can take")]
    NotANumber(String),
    #[error("\"{0}\" is not a collection that the simulator serves, such as deviceConfigurations")]
    UnknownFamily(String),
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || FaultError::UnknownFault(text.to_owned());
        let (kind, value) = text.trim().split_once(':').ok_or_else(unknown)?;
        let not_a_number = || FaultError::NotANumber(value.to_owned());
        let number = || value.parse().map_err(|_| not_a_number());
        let family = || Collection::named(value).ok_or_else(|| FaultError::UnknownFamily(value.to_owned()));
        match kind {
            "throttle" => Ok(Self::Throttle(number()?)),
            "busy" => Ok(Self::Busy { every: number()?, seen: 0 }),
            "unavailable" => Ok(Self::Unavailable(number()?)),
            "revoked" => Ok(Self::Revoked(number()?)),
            "slow" => Ok(Self::Slow(Duration::from_millis(number()?.into()))),
            "forbidden" => Ok(Self::Forbidden(family()?)),
            "unlicensed" => Ok(Self::Unlicensed(family()?)),
            "broken" => Ok(Self::Broken(family()?)),
            "html" => Ok(Self::Html(family()?)),
            "twice" => Ok(Self::Twice(family()?)),
            "repeat" => Ok(Self::Repeat(family()?)),
            "write_lost" => Ok(Self::WriteLost(number()?)),
            "exists" => Ok(Self::Exists(family()?)),
            "stale" => Ok(Self::Stale(family()?)),
            "unnamed" => Ok(Self::Unnamed(family()?)),
            "resync" => {
                let (status, after) = value.split_once(':').unwrap_or((value, "0"));
                let status = status.parse().ok().filter(|status| (400..500).contains(status));
                let after = after.parse().map_err(|_| not_a_number())?;
                Ok(Self::Resync { status: status.ok_or_else(not_a_number)?, after })
            }
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throttle(left) => write!(f, "throttle:{left}"),
            Self::WriteLost(left) => write!(f, "write_lost:{left}"),
            Self::Exists(family) => write!(f, "exists:{family}"),
            Self::Busy { every, .. } => write!(f, "busy:{every}"),
            Self::Unavailable(left) => write!(f, "unavailable:{left}"),
            Self::Revoked(left) => write!(f, "revoked:{left}"),
            Self::Slow(wait) => write!(f, "slow:{}", wait.as_millis()),
            Self::Forbidden(family) => write!(f, "forbidden:{family}"),
            Self::Unlicensed(family) => write!(f, "unlicensed:{family}"),
            Self::Broken(family) => write!(f, "broken:{family}"),
            Self::Html(family) => write!(f, "html:{family}"),
            Self::Twice(family) => write!(f, "twice:{family}"),
            Self::Repeat(family) => write!(f, "repeat:{family}"),
            Self::Stale(family) => write!(f, "stale:{family}"),
            Self::Unnamed(family) => write!(f, "unnamed:{family}"),
            Self::Resync { status, after: 0 } => write!(f, "resync:{status}"),
            Self::Resync { status, after } => write!(f, "resync:{status}:{after}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultError};

    #[test]
    fn a_fault_is_read_as_it_is_written() {
        let all = [
            "throttle:3",
            "busy:3",
            "unavailable:2",
            "revoked:0",
            "slow:250",
            "forbidden:groups",
            "unlicensed:intents",
        ];
        let more =
            ["broken:policies", "html:mobileApps", "twice:groups", "repeat:groups", "resync:410", "resync:404:2"];
        for text in all.into_iter().chain(more).chain(["stale:groups", "unnamed:groups"]) {
            assert_eq!(text.parse::<Fault>().map(|fault| fault.to_string()), Ok(text.to_owned()));
        }
        let by_path = "forbidden:deviceManagement/deviceConfigurations".parse::<Fault>();
        assert_eq!(by_path, "forbidden:deviceConfigurations".parse());
    }

    #[test]
    fn nonsense_is_refused_with_its_reason() {
        assert_eq!("throttle".parse::<Fault>(), Err(FaultError::UnknownFault("throttle".into())));
        assert_eq!("explode:1".parse::<Fault>(), Err(FaultError::UnknownFault("explode:1".into())));
        assert_eq!("throttle:-1".parse::<Fault>(), Err(FaultError::NotANumber("-1".into())));
        assert_eq!("resync:200".parse::<Fault>(), Err(FaultError::NotANumber("200".into())));
        assert_eq!("resync:410:x".parse::<Fault>(), Err(FaultError::NotANumber("410:x".into())));
        assert_eq!("html:unicorns".parse::<Fault>(), Err(FaultError::UnknownFamily("unicorns".into())));
    }
}
