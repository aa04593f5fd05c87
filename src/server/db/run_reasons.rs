//! SQL of `operation_run_reasons`: the reason codes of a run's failures, which the list filters by.

use std::collections::BTreeSet;

use const_format::concatcp;
use sqlx::types::Json;

use super::{DbResult, Tx, rows::FullRun, tx_sql};
use crate::model::ids::RunId;

/// Writes what the run's failures say, in the transaction that writes the run. Runs without failures cost nothing.
pub(super) async fn write(tx: &mut Tx, full: &FullRun) -> DbResult<()> {
    const INTO: &str = "INSERT INTO operation_run_reasons (run_id, code, tenant_id, type, status, outcome, initiator_user_id) \
        SELECT $1, value, $3, $4, $5, $6, $7 FROM ";
    // Within an attempt codes only come; most writes of a failing run change nothing here.
    const CONFLICT: &str = " WHERE true ON CONFLICT (run_id, code) DO UPDATE SET status = excluded.status, \
        outcome = excluded.outcome WHERE operation_run_reasons.status <> excluded.status";
    const SQLITE: &str = concatcp!(INTO, "json_each($2)", CONFLICT);
    const POSTGRES: &str = concatcp!(INTO, "jsonb_array_elements_text($2) AS code (value)", CONFLICT);
    let run = &full.run;
    let codes: BTreeSet<&str> = full.failures.iter().map(|failure| failure.code.as_str()).collect();
    if codes.is_empty() {
        // Only a second attempt can have failures to forget.
        if run.attempt > 1 {
            tx_sql!(tx, execute("DELETE FROM operation_run_reasons WHERE run_id = $1", run.id))?;
        }
        return Ok(());
    }
    let sql = match tx {
        Tx::Sqlite(_) => SQLITE,
        Tx::Postgres(_) => POSTGRES,
    };
    tx_sql!(
        tx,
        execute(
            sql,
            run.id,
            Json(&codes),
            run.tenant_id,
            run.operation_type,
            run.status,
            run.outcome,
            run.initiator.user_id
        )
    )?;
    Ok(())
}

/// Writes what the failures of many new runs say, those whose ids lie from `first` to `last`; how many rows. Runs that
/// lie among them and have been written before stay as they are.
pub(super) async fn derive(tx: &mut Tx, first: RunId, last: RunId) -> DbResult<u64> {
    const INTO: &str =
        "INSERT INTO operation_run_reasons (run_id, code, tenant_id, type, status, outcome, initiator_user_id) ";
    const SQLITE: &str = concatcp!(
        INTO,
        "SELECT DISTINCT r.id, f.value ->> 'code', r.tenant_id, r.type, r.status, r.outcome, r.initiator_user_id \
         FROM operation_runs r, json_each(r.failures) f WHERE r.id >= $1 AND r.id <= $2 \
         ON CONFLICT (run_id, code) DO NOTHING"
    );
    const POSTGRES: &str = concatcp!(
        INTO,
        "SELECT DISTINCT r.id, f ->> 'code', r.tenant_id, r.type, r.status, r.outcome, r.initiator_user_id \
         FROM operation_runs r, jsonb_array_elements(r.failures) f WHERE r.id >= $1 AND r.id <= $2 \
         ON CONFLICT (run_id, code) DO NOTHING"
    );
    match tx {
        Tx::Sqlite(_) => tx_sql!(tx, execute(SQLITE, first, last)),
        Tx::Postgres(_) => tx_sql!(tx, execute(POSTGRES, first, last)),
    }
}
