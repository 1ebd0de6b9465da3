//! Words, URLs and other text.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use super::{Kind, Shown};
use crate::settings::error::ValueError;
use crate::settings::given::Given;
use crate::settings::word::{Word, words};
use crate::url::UrlError;

/// One of the words of the enum `T`.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct OneOf<T>(PhantomData<T>);

/// A URL of the type `T`.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct Url<T>(PhantomData<T>);

/// A type of URLs.
pub(in crate::settings) trait ParseUrl:
    FromStr<Err = UrlError> + AsRef<str>
{
    /// See [`Kind::MAY_BE_SECRET`].
    const MAY_BE_SECRET: bool;

    /// Returns the values that are allowed, as a phrase that can follow "must be".
    fn allowed() -> String;
}

/// Visible ASCII.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct Text {
    /// The most characters.
    pub(in crate::settings) max: usize,
}

impl<T> OneOf<T> {
    /// The kind whose values are the words of `T`.
    pub(in crate::settings) const fn words() -> Self {
        Self(PhantomData)
    }
}

impl<T: Word> Kind for OneOf<T> {
    type Value = T;

    fn parse(&self, text: &str) -> Option<T> {
        T::from_word(text)
    }

    fn show(&self, value: &T) -> Shown {
        Shown::text(&value.word())
    }
}

impl<T: Word> fmt::Display for OneOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", words::<T>())
    }
}

impl<T> Url<T> {
    /// The kind whose values are all URLs of the type `T`.
    pub(in crate::settings) const fn any() -> Self {
        Self(PhantomData)
    }
}

impl<T: ParseUrl> Kind for Url<T> {
    type Value = T;

    const MAY_BE_SECRET: bool = T::MAY_BE_SECRET;

    fn parse(&self, text: &str) -> Option<T> {
        text.parse().ok()
    }

    fn show(&self, url: &T) -> Shown {
        Shown::text(&url.as_ref())
    }

    fn read(&self, given: &Given) -> Result<T, ValueError> {
        let Given::Text(text) = given else {
            return Err(ValueError::not(self, given));
        };
        text.parse().map_err(|source| match T::MAY_BE_SECRET {
            true => ValueError::UrlNotShown {
                allowed: T::allowed(),
                source,
            },
            false => ValueError::Url {
                allowed: T::allowed(),
                given: given.to_string(),
                source,
            },
        })
    }
}

impl<T: ParseUrl> fmt::Display for Url<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&T::allowed())
    }
}

impl Kind for Text {
    type Value = String;

    fn parse(&self, text: &str) -> Option<String> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = is_visible && (1..=self.max).contains(&text.len());
        fits.then(|| text.to_owned())
    }

    fn show(&self, text: &String) -> Shown {
        Shown::text(text)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1 to {} visible ASCII characters", self.max)
    }
}
