//! The `huddle` binary; everything is in the library.

fn main() -> std::process::ExitCode {
    huddle::cli::main()
}
