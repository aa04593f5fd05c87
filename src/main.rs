//! The program `runledger`.

fn main() -> std::process::ExitCode {
    runledger::server::cli::main()
}
