//! The program `runledger`.

/// Gives memory back: each sign-in takes 19 MiB for a moment, and the system's allocator kept them all.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    runledger::server::cli::main()
}
