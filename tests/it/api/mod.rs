//! Access to services, through real sockets and a real disk: what is brought, what survives a kill, what a closing house
//! finishes, and that no key ever shows.

mod drain;
mod kill;
mod manager;
mod server;
mod sync;
