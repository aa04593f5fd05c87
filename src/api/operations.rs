//! The operations page: the list, one run, and starting operations.

use leptos::prelude::*;

use crate::{
    error::AppError,
    model::{
        ids::RunId,
        operation::OperationType,
        page::RunPage,
        run::{RunDetail, Started},
    },
};

/// One page of the tenant's runs, newest first; `after` is the last run of the page before.
#[server(prefix = "/api", endpoint = "operations/list")]
pub async fn list_runs(tenant: String, after: Option<RunId>) -> Result<RunPage, AppError> {
    todo!()
}

/// All there is to tell of one run; 404 when it is not this tenant's or no run id at all.
#[server(prefix = "/api", endpoint = "operations/show")]
pub async fn show_run(tenant: String, run: String) -> Result<RunDetail, AppError> {
    todo!()
}

/// Starts an operation, or joins the active run that does the same work.
#[server(prefix = "/api", endpoint = "operations/start")]
pub async fn start_operation(tenant: String, operation_type: OperationType) -> Result<Started, AppError> {
    todo!()
}
