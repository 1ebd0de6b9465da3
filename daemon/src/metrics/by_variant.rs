//! Values for the variants of an enum, which are found without an index that could be wrong.

/// Declares a struct with a value for each variant of an enum.
macro_rules! by_variant {
    ($(#[$doc:meta])* $by:ident of $enum:ident: $($field:ident = $variant:ident,)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) struct $by<T> {
            $(pub(crate) $field: T,)+
        }

        impl<T> $by<T> {
            /// Returns the value for a variant.
            pub(crate) const fn of(&self, variant: $enum) -> &T {
                match variant {
                    $($enum::$variant => &self.$field,)+
                }
            }

            /// Returns the value for a variant, to be changed.
            pub(crate) const fn of_mut(&mut self, variant: $enum) -> &mut T {
                match variant {
                    $($enum::$variant => &mut self.$field,)+
                }
            }

            /// Returns all values, in the order of the variants.
            pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
                [$(&self.$field),+].into_iter()
            }
        }
    };
}

pub(super) use by_variant;
