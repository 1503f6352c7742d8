//! The `huddle` binary; everything is in the library.

/// glibc keeps an arena for each of the many threads that block for us, and a season leaves memory behind in all of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    huddle::cli::main()
}
