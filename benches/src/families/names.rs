//! Names, hosts and numbers that distinguish the rules of a family.

const SYLLABLES: [&str; 40] = [
    "ba", "be", "bo", "da", "de", "do", "fa", "fi", "go", "ha", "hi", "jo", "ka", "ki", "ko", "la",
    "li", "lu", "ma", "mi", "mo", "na", "ni", "no", "pa", "pe", "po", "ra", "ri", "ro", "sa", "si",
    "so", "ta", "te", "to", "va", "wa", "ya", "zo",
];
const ENDINGS: [&str; 8] = ["", "pay", "shop", "mart", "go", "-store", "24", "x"];
const DOMAINS: [&str; 8] = ["com", "co", "cn", "co.th", "com.my", "id", "jp", "net"];
/// Characters that are common in names of shops.
pub(super) const HAN: [char; 40] = [
    '中', '国', '商', '店', '支', '付', '宝', '银', '行', '收', '款', '码', '微', '信', '扫', '钱',
    '包', '超', '市', '东', '西', '南', '北', '大', '小', '山', '水', '金', '木', '火', '天', '地',
    '人', '和', '平', '安', '新', '老', '红', '花',
];

/// Returns the name of a brand, such as `kamipay`; different for all numbers below 64,000.
pub(super) fn name(n: usize) -> String {
    // The factor has no divisor in common with 64,000, so this is a permutation.
    let scattered = (n * 7919 + 13) % 64_000;
    let [a, b, c] = [scattered / 1600, scattered / 40, scattered].map(|at| SYLLABLES[at % 40]);
    format!("{a}{b}{c}{}", ENDINGS[n % ENDINGS.len()])
}

/// Returns a pattern of the brand's host, such as `kamipay\.com`.
pub(super) fn host(n: usize) -> String {
    let domain = DOMAINS[n / ENDINGS.len() % DOMAINS.len()];
    format!("{}.{domain}", name(n)).replace('.', r"\.")
}

/// Returns `count` characters of `alphabet`; different for all numbers as far as there are as many texts.
pub(super) fn letters(n: usize, alphabet: &[u8], count: u32) -> String {
    let texts = alphabet.len().pow(count);
    // A prime that divides none of the alphabets' lengths.
    let mut rest = (n * 7919 + 31) % texts;
    let mut text = String::new();
    for _ in 0..count {
        text.push(alphabet[rest % alphabet.len()].into());
        rest /= alphabet.len();
    }
    text
}

/// Returns four digits; different for all numbers below 10,000.
pub(super) fn number(n: usize) -> String {
    format!("{:04}", (n * 2711 + 4170) % 10_000)
}

/// Returns two Chinese characters, or three from the 1600th number on.
pub(super) fn han(n: usize) -> String {
    let mut text = String::from_iter([HAN[n / 40 % 40], HAN[(n * 7 + 3) % 40]]);
    if let Some(third) = n.checked_sub(1600) {
        text.push(HAN[third / 1600 % 40]);
    }
    text
}
