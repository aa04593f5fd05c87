//! Rows are gathered until it is time to write them, so that a fast read does not write its run more often than people
//! look.

use crate::server::runs::RunHandle;

/// So many rows wait at most.
pub const MOST_ROWS: usize = 2_000;
/// So many bytes of them, roughly.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;

/// What is next for a job that gathers.
pub enum Next<T> {
    Came(T),
    /// It is time to write what waits.
    Due,
    /// Nothing comes any more.
    End,
}

/// Waits for what comes next, and where something waits already no longer than until a second has passed since the run
/// was written. Dropping `coming` must lose nothing.
pub async fn next<T>(run: &RunHandle, waits: bool, coming: impl Future<Output = Option<T>>) -> Next<T> {
    tokio::select! {
        // What never stops coming must not keep the rest from being written.
        biased;
        () = run.due(), if waits => Next::Due,
        came = coming => came.map_or(Next::End, Next::Came),
    }
}
