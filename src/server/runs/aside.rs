//! What the reader of a list should know of what is not in it: runs of a newer version, and tasks that were put aside.

use chrono::TimeDelta;

use super::OperationRunService;
use crate::server::db::{DbResult, life, parked, scope::TenantScope};

/// For so long a page tells of a task that was put aside; the doctor tells of all of them.
fn news() -> TimeDelta {
    TimeDelta::days(7)
}

impl OperationRunService {
    /// A few sentences; none when there is nothing of the kind. Looks at active runs only, whatever the list's size.
    pub(super) async fn aside(&self, scope: TenantScope) -> DbResult<Option<String>> {
        let unknown = life::unknown(self.db(), scope).await?;
        let parked = parked::count_since(self.db(), self.clock().now() - news()).await?;
        Ok(text(unknown, parked))
    }
}

fn text(unknown: i64, parked: i64) -> Option<String> {
    let unknown = match unknown {
        0 => None,
        1 => Some("1 run is of a type that this version does not know; a newer version does it.".to_owned()),
        many => Some(format!("{many} runs are of types that this version does not know; a newer version does them.")),
    };
    let parked = match parked {
        0 => None,
        1 => Some("1 task of the queue could not be read and was put aside; `runledger doctor` shows it.".to_owned()),
        many => Some(format!(
            "{many} tasks of the queue could not be read and were put aside; `runledger doctor` shows them."
        )),
    };
    match (unknown, parked) {
        (Some(unknown), Some(parked)) => Some(format!("{unknown} {parked}")),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn nothing_is_told_of_nothing_and_one_is_told_in_the_singular() {
        assert_eq!(text(0, 0), None);
        assert!(text(1, 0).unwrap().starts_with("1 run is of a type"));
        let both = text(2, 3).unwrap();
        assert!(both.starts_with("2 runs are") && both.contains("3 tasks of the queue"), "{both}");
    }
}
