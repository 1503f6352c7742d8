//! Reads the file of returns: whatever is wrong with it is named by line and column.

use crate::stats::returns::{Returns, ReturnsError};

/// Cells beyond this take more than half a gigabyte.
const MAX_CELLS: usize = 50_000_000;

/// Why a file is no table of returns.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    #[error(
        "the file is empty: write a header with the period and the names of the strategies, then a line a period"
    )]
    Empty,
    #[error("line 1: the header names no strategy: after the period, give each strategy a column")]
    NoStrategy,
    #[error("line 1, column {column}: `{name}` stands there twice: give each strategy its own name")]
    Twice { column: usize, name: String },
    #[error("line {line}: {n} columns where the header has {n_header}: write 0 for a period without a bet")]
    Columns { line: u64, n: usize, n_header: usize },
    #[error(
        "line {line}, column {column} ({name}): `{text}` is no finite number: write the return, 0 for a period without \
         a bet"
    )]
    Number {
        line: u64,
        column: usize,
        name: String,
        text: String,
    },
    #[error("line {line}: {source}: save the file as UTF-8 text with commas")]
    Csv { line: u64, source: csv::Error },
    #[error("line {line}: more than {MAX_CELLS} returns: judge fewer strategies at a time")]
    TooMany { line: u64 },
    #[error(transparent)]
    Returns(#[from] ReturnsError),
}

/// The table in the bytes of a CSV file; a byte order mark is passed over.
pub(super) fn parse(bytes: &[u8]) -> Result<Returns, TableError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let at = |source: csv::Error| TableError::Csv {
        line: source.position().map_or(1, csv::Position::line),
        source,
    };
    let header = reader.headers().map_err(at)?.clone();
    if header.iter().all(str::is_empty) {
        return Err(TableError::Empty);
    }
    let names: Vec<String> = header.iter().skip(1).map(str::to_owned).collect();
    if names.is_empty() {
        return Err(TableError::NoStrategy);
    }
    let mut seen = std::collections::BTreeSet::new();
    if let Some(i) = names.iter().position(|name| !seen.insert(name)) {
        let (column, name) = (i + 2, names[i].clone());
        return Err(TableError::Twice { column, name });
    }
    let (mut periods, mut columns) = (Vec::new(), vec![Vec::new(); names.len()]);
    for record in reader.records() {
        let record = record.map_err(at)?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != header.len() {
            let (n, n_header) = (record.len(), header.len());
            return Err(TableError::Columns { line, n, n_header });
        }
        if (periods.len() + 1) * names.len() > MAX_CELLS {
            return Err(TableError::TooMany { line });
        }
        periods.push(record[0].to_owned());
        for (i, (column, text)) in columns.iter_mut().zip(record.iter().skip(1)).enumerate() {
            let value: Option<f64> = text.parse().ok().filter(|x: &f64| x.is_finite());
            column.push(value.ok_or_else(|| TableError::Number {
                line,
                column: i + 2,
                name: names[i].clone(),
                text: text.to_owned(),
            })?);
        }
    }
    Ok(Returns::new(periods, names, columns)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_table_or_says_where_not() {
        let table = parse(b"\xEF\xBB\xBFweek,a,b\n2019-1, 1.5,0\n2019-2,-1,0.25\n").unwrap();
        assert_eq!(table.names(), ["a", "b"]);
        assert_eq!(table.columns(), [vec![1.5, -1.0], vec![0.0, 0.25]]);
        let cases: [(&[u8], &str); 8] = [
            (b"", "empty"),
            (b"week\n1\n", "names no strategy"),
            (b"week,a,a\n1,2,3\n", "line 1, column 3: `a` stands there twice"),
            (b"week,a,b\n1,2,3\n2,4\n", "line 3: 2 columns where the header has 3"),
            (b"week,a,b\n1,2,3\n2,4,x\n", "line 3, column 3 (b): `x`"),
            (b"week,a,b\n1,NaN,3\n", "line 2, column 2 (a): `NaN`"),
            (b"week,a,b\n1,,3\n", "line 2, column 2 (a): ``"),
            (b"week,a,b\n", "nothing to judge"),
        ];
        for (bytes, says) in cases {
            let error = parse(bytes).unwrap_err().to_string();
            assert!(error.contains(says), "{error} should say {says}");
        }
        assert!(parse(b"week,a\n1,\xff\n").unwrap_err().to_string().contains("UTF-8"));
    }
}
