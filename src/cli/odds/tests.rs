//! The verbs as they are called: arguments in, bytes out, through clap.

use super::*;
use clap::Parser;
use serde_json::Value;

#[derive(Debug, Parser)]
#[command(name = "odds")]
struct Cli {
    #[command(subcommand)]
    command: OddsCommand,
}

fn text(line: &str) -> String {
    let cli = Cli::try_parse_from(std::iter::once("odds").chain(line.split_whitespace())).unwrap();
    let mut out = Vec::new();
    run(&cli.command, &mut out).unwrap_or_else(|e| panic!("{line}: {e}"));
    String::from_utf8(out).unwrap()
}

fn json(line: &str) -> Value {
    let out = text(&format!("{line} --json"));
    assert_eq!(out.matches('\n').count(), 1, "one object on one line: {out}");
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["schema_version"], 1);
    value
}

/// Checks the number at a JSON pointer.
fn check(value: &Value, pointer: &str, want: f64) {
    let got = value.pointer(pointer).and_then(Value::as_f64);
    let got = got.unwrap_or_else(|| panic!("no number at {pointer} of {value}"));
    assert!((got - want).abs() < 1e-12, "{pointer} is {got}, not {want}");
}

/// The message of a line that is refused by clap (exit code 2) or by the verb.
fn refusal(line: &str) -> String {
    match Cli::try_parse_from(std::iter::once("odds").chain(line.split_whitespace())) {
        Err(error) => {
            assert_eq!(error.exit_code(), 2, "{line}");
            error.to_string()
        }
        Ok(cli) => run(&cli.command, &mut Vec::new()).unwrap_err().to_string(),
    }
}

#[test]
fn convert_takes_any_form() {
    for (line, american, decimal, probability) in [
        ("--american -110", -110.0, 1.9090909090909092, 0.5238095238095238),
        ("--american +150", 150.0, 2.5, 0.4),
        ("--decimal 1.5", -200.0, 1.5, 0.6666666666666666),
        ("--probability 0.05", 1900.0, 20.0, 0.05),
    ] {
        let got = json(&format!("convert {line}"));
        check(&got, "/american", american);
        check(&got, "/decimal", decimal);
        check(&got, "/probability", probability);
    }
    assert_eq!(
        text("convert --decimal 1.91"),
        "american             -110   exact -109.89\n\
         decimal            1.9100   returned on a stake of 1\n\
         probability        0.5236   to break even\n"
    );
}

#[test]
fn devig_by_one_method() {
    let got = json("devig --decimal 1.5,2.7 --method power");
    assert_eq!(got["method"], "power");
    check(&got, "/probabilities/0", 0.6508223655362573);
    check(&got, "/overround", 0.037037037037037035);
    check(&got, "/hold", 1.0 / 28.0);
    check(&got, "/parameter", 1.0593230574423338);
    let worst = json("devig --american -110,-110 --method worst-case");
    assert!(worst["parameter"].is_null());
    check(&worst, "/probabilities/1", 0.5);
}

#[test]
fn devig_by_all_methods_shows_their_range() {
    let got = json("devig --decimal 1.05,13");
    assert_eq!(got["methods"].as_object().unwrap().len(), 5);
    check(&got, "/methods/shin/probabilities/0", 0.9377289377289377);
    check(&got, "/methods/worst-case/probabilities/1", 0.05400554323355029);
    check(&got, "/range/0", 0.9459944567664497 - 0.9252669039145908);
    assert_eq!(
        text("devig --american -150,+130"),
        "overround 3.48%, hold 3.36%\n\
         multiplicative     57.98%    42.02%\n\
         additive           58.26%    41.74%\n\
         power              58.40%    41.60%  k 1.0530\n\
         shin               58.26%    41.74%  z 0.0348\n\
         worst-case         57.98%    41.60%\n\
         range               0.42%     0.42%  between the methods\n"
    );
    let failing = json("devig --decimal 1.05,8,501");
    assert!(failing["methods"]["additive"].is_null());
    assert!(text("devig --decimal 1.05,8,501").contains("n/a"));
}

#[test]
fn kelly_sizes_a_bet() {
    let got = json("kelly --p 0.55 --push 0.03 --american -110 --fraction 0.25 --bankroll 1000");
    check(&got, "/kelly", 0.09072164948453611);
    check(&got, "/growth", 0.0036434679037096775);
    check(&got, "/ev", 0.08);
    check(&got, "/fraction", 0.25);
    check(&got, "/stake_fraction", 0.022680412371134027);
    assert_eq!(got["stake_cents"], 2268);
    assert!(json("kelly --p 0.55 --decimal 1.91").get("stake_cents").is_none());
    assert!(text("kelly --p 0.5 --american -110").contains("no edge"));
}

#[test]
fn clv_turns_handicaps_into_spreads() {
    let prices = "--taken-price -110 --close-price -110 --close-other-price -110";
    for (side, taken, close, points) in [
        ("home", "-3", "-3.5", 0.5),
        ("home", "+3", "+3.5", -0.5),
        ("away", "+3.5", "+3", 0.5),
        ("away", "-7", "-6", -1.0),
    ] {
        let line = format!("clv --market spread --side {side} --taken-line {taken} --close-line {close} {prices}");
        let got = json(&line);
        check(&got, "/points", points);
        let fair = got["fair_close"].as_f64().unwrap();
        assert_eq!(fair > 0.5, points > 0.0, "{line}: {got}");
    }
    let got = json(&format!(
        "clv --market total --side under --taken-line 44.5 --close-line 43 {prices}"
    ));
    check(&got, "/points", 1.5);
}

#[test]
fn clv_of_an_unmoved_line_is_the_price() {
    let prices = "--taken-price +105 --close-price 1.952380952380952 --close-other-price 1.952380952380952";
    let got = json(&format!("clv --market moneyline --side away {prices}"));
    assert!(got["points"].is_null());
    check(&got, "/probability", 0.5 - 1.0 / 2.05);
    check(&got, "/percent", 2.5);
    assert!(text(&format!("clv --market moneyline --side away {prices}")).contains("n/a"));
}

#[test]
fn refusals_say_what_to_write() {
    for (line, hint) in [
        ("convert", "--american <ODDS>|--decimal <ODDS>|--probability <P>"),
        ("convert --american 50", "+100 or more, or -100 or less"),
        ("convert --american -110.5", "write it like -110 or +150"),
        ("convert --decimal -1", "above 1"),
        ("convert --decimal 2 --american 100", "cannot be used with"),
        ("convert --probability 1", "no price"),
        ("convert --probability 1.2", "from 0 to 1"),
        ("devig --american -110", "at least two outcomes"),
        ("devig --american -110,x", "write it like -110"),
        (
            "devig --decimal 1.05,8,501 --method additive",
            "use power, shin or multiplicative",
        ),
        ("kelly --p 0.7 --push 0.5 --american -110", "at most 1"),
        ("kelly --p 0.5 --american -110 --fraction 2", "from 0 to 1"),
        ("kelly --p 0.5 --american -110 --bankroll -5", "not positive"),
        ("kelly --p 0.5", "--decimal <ODDS>|--american <ODDS>"),
        (
            "clv --market total --side home --taken-price 2 --close-price 2 --close-other-price 2",
            "--side over",
        ),
        (
            "clv --market spread --side over --taken-price 2 --close-price 2 --close-other-price 2",
            "--market total",
        ),
        (
            "clv --market spread --side home --taken-price 2 --close-price 2 --close-other-price 2",
            "--taken-line -3",
        ),
        (
            "clv --market moneyline --side home --taken-line -3 --taken-price 2 --close-price 2 --close-other-price 2",
            "leave out --taken-line",
        ),
        (
            "clv --market moneyline --side home --taken-price 0.5 --close-price 2 --close-other-price 2",
            "decimal odds",
        ),
        (
            "clv --market spread --side home --taken-line -3.25 --close-line -3 --taken-price 2 --close-price 2 \
             --close-other-price 2",
            "multiples of 0.5",
        ),
    ] {
        let message = refusal(line);
        assert!(message.contains(hint), "{line}: {message}");
    }
}
