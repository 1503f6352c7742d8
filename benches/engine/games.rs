//! The rows of nflverse's games file as the Python peers read them: played games by (day, id), franchises merged.

use std::path::PathBuf;

/// One game; lines and results in points, rest in days.
pub struct Row {
    /// `YYYY-MM-DD`.
    pub gameday: String,
    /// nflverse's id.
    pub game_id: String,
    /// The year the season began in.
    pub season: u16,
    /// Week of the season.
    pub week: u16,
    /// `REG` or a play-off round.
    pub game_type: String,
    /// `Sunday`.
    pub weekday: String,
    /// `13:00`, or empty.
    pub gametime: String,
    /// The home franchise.
    pub home: String,
    /// The visiting franchise.
    pub away: String,
    /// Nobody is at home.
    pub neutral: bool,
    /// Home minus away.
    pub result: f64,
    /// Both teams' points.
    pub total: f64,
    /// Positive: home favoured.
    pub spread: Option<f64>,
    /// The line of the total.
    pub total_line: Option<f64>,
    /// 1 in a division game.
    pub div: u8,
    /// Days of rest.
    pub home_rest: i32,
    /// Days of rest.
    pub away_rest: i32,
    /// What is above the field.
    pub roof: String,
    /// What is under the feet.
    pub surface: String,
    /// Degrees Fahrenheit.
    pub temp: Option<f64>,
    /// Miles an hour.
    pub wind: Option<f64>,
}

fn franchise(code: &str) -> String {
    match code {
        "OAK" => "LV",
        "SD" => "LAC",
        "STL" => "LA",
        other => other,
    }
    .to_owned()
}

/// Reads a games file.
///
/// # Panics
/// When the file is not nflverse's.
pub fn load(path: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).expect("the games file opens");
    let header = reader.headers().expect("the games file has a header").clone();
    let column = |name: &str| {
        header
            .iter()
            .position(|h| h == name)
            .expect("a column of the games file")
    };
    let wanted = [
        "gameday",
        "game_id",
        "season",
        "week",
        "game_type",
        "weekday",
        "gametime",
        "home_team",
        "away_team",
        "location",
        "result",
        "total",
        "spread_line",
        "total_line",
        "div_game",
        "home_rest",
        "away_rest",
        "roof",
        "surface",
        "temp",
        "wind",
    ]
    .map(column);
    let mut rows: Vec<Row> = reader
        .records()
        .map(|record| record.expect("a row of the games file"))
        .filter_map(|record| {
            let text = |i: usize| record[wanted[i]].to_owned();
            let number = |i: usize| record[wanted[i]].parse::<f64>().ok();
            let whole = |i: usize| number(i).expect("a whole number") as i32;
            Some(Row {
                result: number(10)?,
                gameday: text(0),
                game_id: text(1),
                season: whole(2) as u16,
                week: whole(3) as u16,
                game_type: text(4),
                weekday: text(5),
                gametime: text(6),
                home: franchise(&text(7)),
                away: franchise(&text(8)),
                neutral: text(9) == "Neutral",
                total: number(11)?,
                spread: number(12),
                total_line: number(13),
                div: whole(14) as u8,
                home_rest: whole(15),
                away_rest: whole(16),
                roof: text(17),
                surface: text(18).trim().to_owned(),
                temp: number(19),
                wind: number(20),
            })
        })
        .collect();
    rows.sort_by(|a, b| (&a.gameday, &a.game_id).cmp(&(&b.gameday, &b.game_id)));
    rows
}

/// The file, as a path from anywhere: below `HUDDLE_NFL_DATA`, by default `../shared/nfl`.
pub fn path() -> String {
    let folder = std::env::var_os("HUDDLE_NFL_DATA").map_or_else(|| PathBuf::from("../shared/nfl"), PathBuf::from);
    let path = std::path::absolute(folder.join("games.csv")).unwrap();
    path.to_string_lossy().into_owned()
}
