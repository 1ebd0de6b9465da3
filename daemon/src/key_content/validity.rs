//! The end of a certificate's validity.
//!
//! rustls does not report it. The time is six elements into the certificate, so a library for all of X.509 would
//! serve for one number.

use std::time::{Duration, SystemTime};

use time::{Date, Month};

use super::der::{SEQUENCE, TAGGED, element};

/// The tag of a time with two digits for the year.
const UTC_TIME: u8 = 0x17;

/// The tag of a time with four digits for the year.
const GENERALIZED_TIME: u8 = 0x18;

/// The first two-digit year that counts as one of the twentieth century (RFC 5280, section 4.1.2.5.1).
const TWENTIETH_CENTURY: i32 = 50;

/// Returns the time after which the certificate in DER is not valid; `None` if RFC 5280 has that time at another
/// place, or it is before 1970.
pub(crate) fn not_after(certificate: &[u8]) -> Option<SystemTime> {
    let (_, content) = take(certificate, SEQUENCE)?;
    let (_, mut fields) = take(content, SEQUENCE)?;
    // The version, which the first one leaves out.
    if let Some((rest, _)) = take(fields, TAGGED) {
        fields = rest;
    }
    // The serial number, the algorithm and the issuer.
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (_, validity) = take(fields, SEQUENCE)?;
    let (_, _, rest) = element(validity)?;
    let (tag, text, _) = element(rest)?;
    time(tag, text)
}

/// Returns what follows the first element, and its content, if it has this tag.
fn take(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = element(bytes)?;
    (found == tag).then_some((rest, content))
}

/// Parses `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`.
fn time(tag: u8, text: &[u8]) -> Option<SystemTime> {
    let digits = text.strip_suffix(b"Z")?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = number(digits, 2)?;
            let century = if year < TWENTIETH_CENTURY { 2000 } else { 1900 };
            (century + year, rest)
        }
        GENERALIZED_TIME => number(digits, 4)?,
        _ => return None,
    };
    let (month, rest) = small(rest)?;
    let (day, rest) = small(rest)?;
    let (hour, rest) = small(rest)?;
    let (minute, rest) = small(rest)?;
    let (second, rest) = small(rest)?;
    if !rest.is_empty() {
        return None;
    }
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    let time = date.with_hms(hour, minute, second).ok()?.assume_utc();
    let seconds = u64::try_from(time.unix_timestamp()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// Parses the first `count` digits, and returns what follows them.
fn number(digits: &[u8], count: usize) -> Option<(i32, &[u8])> {
    let (number, rest) = digits.split_at_checked(count)?;
    if !number.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some((str::from_utf8(number).ok()?.parse().ok()?, rest))
}

/// Parses two digits, and returns what follows them.
fn small(digits: &[u8]) -> Option<(u8, &[u8])> {
    let (number, rest) = number(digits, 2)?;
    Some((u8::try_from(number).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::iso_8601;

    #[test]
    fn the_end_is_the_one_that_the_certificate_was_made_with() {
        let mut parameters = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        // Beyond 2049, a certificate has four digits.
        for year in [2031, 2049, 2050, 4096] {
            parameters.not_after = rcgen::date_time_ymd(year, 2, 28);
            let certificate = parameters.self_signed(&key).unwrap();
            let end = not_after(certificate.der()).unwrap();
            assert_eq!(iso_8601(end), format!("{year}-02-28T00:00:00+00:00"));
        }
    }

    #[test]
    fn a_truncated_certificate_has_no_end() {
        let parameters = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        for length in 0..certificate.der().len() {
            assert_eq!(not_after(&certificate.der()[..length]), None);
        }
    }

    #[test]
    fn other_bytes_have_no_end() {
        for bytes in [&b""[..], b"\x30\x00", b"\x30\x02\x30\x00", b"x"] {
            assert_eq!(not_after(bytes), None);
        }
        for text in [
            "",
            "Z",
            "311301000000Z",
            "310101000060Z",
            "31010100000Z",
            "3101010000001Z",
        ] {
            assert_eq!(time(UTC_TIME, text.as_bytes()), None, "{text}");
        }
        assert_eq!(time(GENERALIZED_TIME, b"310101000000Z"), None);
        assert_eq!(time(0x13, b"310101000000Z"), None);
    }
}
