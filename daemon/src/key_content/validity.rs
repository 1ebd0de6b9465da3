//! The end of a certificate's validity.
//!
//! rustls does not report it. The time is six elements into the certificate, so a library for all of X.509 would
//! serve for one number.

use time::{Date, Month};

use super::der::{SEQUENCE, TAGGED, element};

/// A time with a year of two digits: those from 50 are of the 20th century.
const UTC_TIME: u8 = 0x17;
/// A time with a year of four digits.
const GENERALIZED_TIME: u8 = 0x18;

/// Returns the last second at which a certificate in DER is valid, since 1970; `None` if its time cannot be
/// read, or is before that.
///
/// Source: RFC 5280, section 4.1.
pub(crate) fn valid_until(certificate: &[u8]) -> Option<u64> {
    let (SEQUENCE, content, _) = element(certificate)? else {
        return None;
    };
    let (SEQUENCE, mut rest, _) = element(content)? else {
        return None;
    };
    // The version, which the first one leaves out.
    if let (TAGGED, _, after) = element(rest)? {
        rest = after;
    }
    for _serial_algorithm_issuer in 0..3 {
        (_, _, rest) = element(rest)?;
    }
    let (SEQUENCE, validity, _) = element(rest)? else {
        return None;
    };
    let (_, _, after_begin) = element(validity)?;
    let (tag, end, _) = element(after_begin)?;
    seconds(tag, end)
}

/// Reads `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`.
fn seconds(tag: u8, text: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(text.strip_suffix(b"Z")?).ok()?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year: i32 = year.parse().ok()?;
            (year + if year < 50 { 2000 } else { 1900 }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = digits.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let two = |at: usize| rest.get(at..at + 2)?.parse::<u8>().ok();
    let month = Month::try_from(two(0)?).ok()?;
    let date = Date::from_calendar_date(year, month, two(2)?).ok()?;
    let moment = date.with_hms(two(4)?, two(6)?, two(8)?).ok()?;
    u64::try_from(moment.assume_utc().unix_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn the_end_is_that_of_the_certificate() {
        // `date -u +%s -d YYYY-MM-DD` prints these; from 2050 on, the year has four digits.
        for ((year, month, day), expected) in [
            ((2026, 11, 30), 1_795_996_800),
            ((2049, 12, 31), 2_524_521_600),
            ((2050, 1, 1), 2_524_608_000),
            ((4096, 1, 1), 67_090_118_400),
        ] {
            let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
            params.not_after = date_time_ymd(year, month, day);
            let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
            assert_eq!(valid_until(certificate.der()), Some(expected), "{year}");
        }
    }

    #[test]
    fn what_is_not_a_certificate_has_no_end() {
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        for length in 0..certificate.der().len() {
            assert_eq!(valid_until(&certificate.der()[..length]), None);
        }
        for (tag, text) in [
            (UTC_TIME, "491231"),
            (UTC_TIME, "491331000000Z"),
            (UTC_TIME, "4912310000é0Z"),
            (GENERALIZED_TIME, "18991231000000Z"),
            (0x0c, "491231000000Z"),
        ] {
            assert_eq!(seconds(tag, text.as_bytes()), None, "{text}");
        }
        assert_eq!(seconds(UTC_TIME, b"700101000001Z"), Some(1));
    }
}
