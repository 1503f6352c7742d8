//! The detectors held to what they state: how much they find of faults whose time is known, how often they are wrong, and that
//! nothing a broken sensor or clock says spoils them.

mod evaluation;
mod poison;
