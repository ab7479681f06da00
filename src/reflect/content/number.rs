//! Floats as C++ streams and Python's `g` write them: six digits that count, no trailing zeros.
//! Imports nothing.
//! Upholds: the text is rounded as C rounds, to the nearest, ties to even.

/// The text of a float.
pub(super) fn general(float: f64) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{float:.5e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        let decimals = usize::try_from(5 - exponent).unwrap_or(0);
        return without_zeros(&format!("{float:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", without_zeros(digits), exponent.abs())
}

fn without_zeros(text: &str) -> &str {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::general;

    #[test]
    fn as_printf_writes_with_g() {
        let cases: [(f64, &str); 17] = [
            (0.0, "0"),
            (-0.0, "-0"),
            (3.0, "3"),
            (2.75, "2.75"),
            (1e10, "1e+10"),
            (1e5, "100000"),
            (1e6, "1e+06"),
            (999_999.5, "1e+06"),
            (999_999.4, "999999"),
            (123_456.7, "123457"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-2.5e-300, "-2.5e-300"),
            (0.1 + 0.2, "0.3"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (float, text) in cases {
            assert_eq!(general(float), text);
        }
    }
}
