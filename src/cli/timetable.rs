//! `huddle timetable`: which swarm runs when in a week.

use super::output::emit;
use super::picks::week_or_current;
use super::{Failure, session, words};
use crate::app::conductor::moments;
use crate::domain::calendar::eastern_label;
use crate::domain::game::SeasonWeek;
use crate::home::Home;
use crate::store::load_archive;
use crate::swarms::conductor::calendar::{Appointment, Calendar, Occasion, week};
use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use std::io::{self, Write};

/// Arguments of `huddle timetable`.
#[derive(Clone, Copy, Debug, Args)]
#[command(
    after_help = "It says what the conductor would do when. `huddle run` makes the picks; research is begun by hand.

Example:
  huddle timetable --season 2019 --week 5"
)]
pub struct TimetableArgs {
    /// The season; without season and week the current week.
    #[arg(long, requires = "week")]
    pub season: Option<u16>,
    /// The week, 1 to 22.
    #[arg(long, requires = "season")]
    pub week: Option<u8>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// A week's appointments.
#[derive(Clone, Debug, Serialize)]
pub struct TimetableView {
    /// Season.
    pub season: u16,
    /// Week.
    pub week: u8,
    /// Earliest first.
    pub appointments: Vec<AppointmentView>,
}

/// One appointment.
#[derive(Clone, Debug, Serialize)]
pub struct AppointmentView {
    /// When, which swarm, why.
    #[serde(flatten)]
    pub appointment: Appointment,
    /// When, in US Eastern.
    pub at_et: String,
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of the home or its database; 6 when the week is not stored.
pub fn run(args: &TimetableArgs, home: &Home, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u8, Failure> {
    let archive = load_archive(&mut session::reading(home)?)?;
    let asked = args.season.zip(args.week);
    let asked = asked.map(|(season, week)| SeasonWeek { season, week });
    let (when, _) = week_or_current(asked, &archive, now)?;
    let (games, next_opens) = moments(&archive, when);
    let view = |appointment: Appointment| AppointmentView {
        at_et: eastern_label(appointment.at),
        appointment,
    };
    let planned = week(&Calendar::default(), &games, &next_opens);
    let view = TimetableView {
        season: when.season,
        week: when.week,
        appointments: planned.into_iter().map(view).collect(),
    };
    emit(args.json, out, &view, |out| print(out, &view))?;
    Ok(0)
}

fn print(out: &mut dyn Write, view: &TimetableView) -> io::Result<()> {
    writeln!(out, "{} week {}: which swarm runs when", view.season, view.week)?;
    for a in &view.appointments {
        let games = match a.appointment.n_games {
            1 => "1 game".to_owned(),
            n => format!("{n} games"),
        };
        let why = match a.appointment.occasion {
            Occasion::Open => format!("lines open: {games}"),
            Occasion::Kickoff => format!("kickoff within an hour and a half: {games}"),
            Occasion::Results => format!("results are in: {games}"),
        };
        let local = words::local(a.appointment.at);
        writeln!(out, "  {} = {local}  {:10}  {why}", a.at_et, a.appointment.swarm)?;
    }
    Ok(())
}
