//! How fast `runledger seed` writes.

use crate::{
    report::{Aim, Report, Row},
    stage::{Engine, Stages},
};

pub async fn measure(stages: &mut Stages, report: &mut Report) {
    for engine in Engine::BOTH {
        let runs = stages.sizes(engine)[1];
        let (_, seeded) = stages.seeded_with(engine, runs).await;
        let what = format!("seed {runs} runs with their history");
        report.add(
            Row::new("seed", what, seeded.rows_a_second(), "rows/s").on(engine.name()).aim(Aim::AtLeast(50_000.0)),
        );
    }
}
