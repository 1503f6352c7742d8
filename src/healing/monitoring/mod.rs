//! What was measured, kept within bounds: the latest readings as they came, older ones as minutes and hours.
