//! What strategies returned, period by period: the one table that the judges of a search read.

/// Returns of several strategies over the same periods, column by column. Complete and finite, at least one of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Returns {
    periods: Vec<String>,
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
}

/// Why a table is not one.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReturnsError {
    /// No strategy or no period.
    #[error(
        "there is nothing to judge: {n_strategies} strategies over {n_periods} periods; give at least one of each"
    )]
    Empty {
        /// Columns.
        n_strategies: usize,
        /// Rows.
        n_periods: usize,
    },
    /// Not as many columns as names.
    #[error("{n_names} names for {n_columns} columns: each strategy needs its name")]
    Names {
        /// Names.
        n_names: usize,
        /// Columns.
        n_columns: usize,
    },
    /// A column of another length.
    #[error("strategy {name} has {n} returns for {n_periods} periods: write 0 for a period without a bet")]
    Ragged {
        /// The strategy.
        name: String,
        /// Its returns.
        n: usize,
        /// Rows.
        n_periods: usize,
    },
    /// A value that is no number.
    #[error("strategy {name} returned {value} in {period}: write a finite number, 0 for a period without a bet")]
    NotFinite {
        /// The strategy.
        name: String,
        /// The period.
        period: String,
        /// What stands there.
        value: f64,
    },
}

impl Returns {
    /// A table of `columns`, one a strategy, each with a return for every one of `periods`, which are in order of time.
    /// Returns are in one unit throughout, such as units won in a week.
    ///
    /// # Errors
    /// [`ReturnsError`] says what is missing.
    pub fn new(periods: Vec<String>, names: Vec<String>, columns: Vec<Vec<f64>>) -> Result<Returns, ReturnsError> {
        let (n_periods, n_columns, n_names) = (periods.len(), columns.len(), names.len());
        if n_periods == 0 || n_columns == 0 {
            let n_strategies = n_columns;
            return Err(ReturnsError::Empty {
                n_strategies,
                n_periods,
            });
        }
        if n_names != n_columns {
            return Err(ReturnsError::Names { n_names, n_columns });
        }
        for (name, column) in names.iter().zip(&columns) {
            let (name, n) = (name.clone(), column.len());
            if n != n_periods {
                return Err(ReturnsError::Ragged { name, n, n_periods });
            }
            if let Some(row) = column.iter().position(|x| !x.is_finite()) {
                let (period, value) = (periods[row].clone(), column[row]);
                return Err(ReturnsError::NotFinite { name, period, value });
            }
        }
        Ok(Returns {
            periods,
            names,
            columns,
        })
    }

    /// The periods, in order of time.
    pub fn periods(&self) -> &[String] {
        &self.periods
    }

    /// The strategies, in the order of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The returns of each strategy, in the order of the periods.
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&[f64]]) -> Result<Returns, ReturnsError> {
        let periods = vec!["w1".to_owned(), "w2".to_owned()];
        let names = (0..columns.len()).map(|i| format!("s{i}")).collect();
        Returns::new(periods, names, columns.iter().map(|c| c.to_vec()).collect())
    }

    #[test]
    fn a_table_that_is_none_names_the_cell() {
        let says = |columns: &[&[f64]], text: &str| {
            let error = table(columns).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        };
        says(&[], "nothing to judge");
        says(&[&[1.0, 2.0], &[1.0]], "s1 has 1 returns for 2");
        says(&[&[1.0, f64::NAN]], "s0 returned NaN in w2");
        assert!(matches!(
            Returns::new(vec!["w".to_owned()], Vec::new(), vec![vec![1.0]]),
            Err(ReturnsError::Names { .. })
        ));
        assert_eq!(table(&[&[1.0, 2.0]]).unwrap().columns()[0], [1.0, 2.0]);
    }
}
