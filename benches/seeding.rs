//! How fast `runledger seed` writes.

use std::time::Instant;

use crate::{
    report::{Aim, Report, Row},
    stage::{Engine, Stage, Stages},
};

pub async fn measure(stages: &mut Stages, report: &mut Report) {
    for engine in Engine::BOTH {
        let runs = stages.sizes(engine)[1];
        let (stage, seeded) = stages.seeded_with(engine, runs).await;
        let what = format!("seed {runs} runs with their history");
        let row = Row::new("seed", what, seeded.rows_a_second(), "rows/s").on(engine.name());
        let (limit, by) = (copying(stage).await, "INSERT … SELECT, no index");
        report.add(row.beside(by, limit).aim(Aim::AtLeast(50_000.0)));
    }
}

/// The plainest way to as many rows: some of them copied within the database; how many a second.
async fn copying(stage: &Stage) -> f64 {
    const ROWS: u32 = 200_000;
    stage.execute("CREATE TABLE copied AS SELECT * FROM operation_run_events LIMIT 0").await;
    let begun = Instant::now();
    stage.execute(&format!("INSERT INTO copied SELECT * FROM operation_run_events LIMIT {ROWS}")).await;
    let took = begun.elapsed();
    stage.execute("DROP TABLE copied").await;
    f64::from(ROWS) / took.as_secs_f64()
}
