//! What a simulator is started with.

use std::path::PathBuf;
use std::time::Duration;

use super::fault::Fault;

#[derive(Debug, Clone)]
pub struct SimulatorOptions {
    /// Same seed and same tenant: the same sample content, to the byte. Not used with `data`.
    pub seed: u64,
    /// A folder of exported or template JSON to serve, to every tenant the same, in place of the samples.
    pub data: Option<PathBuf>,
    /// A sample tenant has at least so many groups: nameless ones follow those with a name.
    pub groups: usize,
    /// The only client secret that signs in; `None` takes any that is not empty.
    pub client_secret: Option<String>,
    /// Added to every answer of Graph and of the sign-in service.
    pub latency: Duration,
    /// The most objects in one page, whatever `$top` asks for.
    pub page_size: usize,
    pub faults: Vec<Fault>,
}

impl Default for SimulatorOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            data: None,
            groups: 0,
            client_secret: None,
            latency: Duration::ZERO,
            page_size: 100,
            faults: Vec::new(),
        }
    }
}
