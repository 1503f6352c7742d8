//! The miners against counting by hand, patterns against planted truth and against the real past.

mod joint;
mod miners;
mod patterns;
mod real;
