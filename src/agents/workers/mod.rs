//! Workers: what the house needs to run at all. Their policy is here; their I/O stays in the edges.

pub mod logger;
