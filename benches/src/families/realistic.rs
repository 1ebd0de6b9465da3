//! Invented codes of the formats that people scan.

use super::names::{host, name};
use crate::random::Random;

const DIGITS: &[u8] = b"0123456789";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const BECH32: &[u8] = b"023456789acdefghjklmnpqrstuvwxyz";

/// Draws a code.
pub(super) fn code(random: &mut Random) -> String {
    let n = random.below(400);
    let brand = name(n);
    let host = host(n).replace('\\', "");
    let mut text = |alphabet: &[u8], count: std::ops::Range<usize>| {
        let mut text = String::new();
        let count = random.within(count);
        random.fill(&mut text, alphabet, count);
        text
    };
    match n % 20 {
        0 => format!("https://qr.alipay.com/fkx{}", text(LOWER, 18..23)),
        1 => format!("281{}04{}", text(DIGITS, 3..4), text(LOWER, 8..20)),
        2 => format!("28{}", text(DIGITS, 16..22)),
        3 => format!(
            "HTTPS://QR.{}/MPM/3/{}",
            host.to_uppercase(),
            text(UPPER, 20..60)
        ),
        4 => emv(
            &text(DIGITS, 15..16),
            "764",
            "TH",
            &brand,
            &text(UPPER, 4..5),
        ),
        5 => emv(
            &text(DIGITS, 15..16),
            "458",
            "MY",
            &brand,
            &text(UPPER, 4..5),
        ),
        6 => emv(
            &text(DIGITS, 15..16),
            "360",
            "ID",
            &brand,
            &text(UPPER, 4..5),
        ),
        7 => format!(
            "upi://pay?pa={brand}@{}&pn={brand}&am={}&cu=INR",
            text(LOWER, 3..6),
            text(DIGITS, 2..5)
        ),
        8 => format!(
            "WIFI:T:WPA;S:{brand}-{};P:{};;",
            text(DIGITS, 2..5),
            text(LOWER, 8..14)
        ),
        9 => format!("lnbc{}u1p{}", text(DIGITS, 2..5), text(BECH32, 60..90)),
        10 => format!(
            "bitcoin:bc1q{}?amount=0.0{}",
            text(BECH32, 38..39),
            text(DIGITS, 2..6)
        ),
        11 => text(DIGITS, 13..14),
        12 => format!(
            "01{}17{}10{}",
            text(DIGITS, 14..15),
            text(DIGITS, 6..7),
            text(UPPER, 4..10)
        ),
        13 => format!(
            "https://{host}/q/{}?t={}",
            text(UPPER, 6..10),
            text(DIGITS, 10..14)
        ),
        14 => format!(
            "https://www.{host}/order?id={}&sign={}",
            text(DIGITS, 8..12),
            text(LOWER, 32..33)
        ),
        15 => format!("wxp://f2f0{}", text(UPPER, 30..44)),
        16 => format!(
            "otpauth://totp/{brand}:{}?secret={}",
            text(LOWER, 5..10),
            text(UPPER, 16..33)
        ),
        17 => format!(
            "M1{}/A E{} FRAJFK{}",
            brand.to_uppercase(),
            text(UPPER, 6..7),
            text(DIGITS, 8..16)
        ),
        18 => format!("tel:+66{}", text(DIGITS, 9..10)),
        _ => format!(
            "{brand}://scan/{}/{}",
            text(UPPER, 8..12),
            text(DIGITS, 4..9)
        ),
    }
}

/// Returns an EMVCo payload, whose checksum need not be right.
fn emv(account: &str, currency: &str, country: &str, merchant: &str, checksum: &str) -> String {
    format!(
        "00020101021130{:02}0016A0000006770101110115{account}5204581253{:02}{currency}5802{country}59{:02}{}6304{checksum}",
        20 + 4 + account.len(),
        currency.len(),
        merchant.len(),
        merchant.to_uppercase(),
    )
}
