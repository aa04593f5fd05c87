//! Some values of a kind, or all but these: one filter of a list.

use std::collections::BTreeSet;

/// Which values pass. Nothing chosen lets everything pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<T> {
    pub values: BTreeSet<T>,
    /// The values are the ones that do not pass.
    pub not: bool,
}

impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self { values: BTreeSet::new(), not: false }
    }
}

impl<T: Ord> Choice<T> {
    /// Only these.
    pub fn of(values: impl IntoIterator<Item = T>) -> Self {
        Self { values: values.into_iter().collect(), not: false }
    }

    /// All but these.
    pub fn all_but(values: impl IntoIterator<Item = T>) -> Self {
        Self { values: values.into_iter().collect(), not: true }
    }

    /// Whether nothing is chosen, so that everything passes.
    pub fn is_any(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether the value is one of those chosen, to pass or not to.
    pub fn has(&self, value: &T) -> bool {
        self.values.contains(value)
    }

    /// Whether something with this value passes. What has no value (an active run has no outcome) is none of the values.
    pub fn admits(&self, value: Option<&T>) -> bool {
        self.admits_any(value)
    }

    /// The same for something that has several values: one of them is enough, to pass or not to.
    pub fn admits_any<'a>(&self, values: impl IntoIterator<Item = &'a T>) -> bool
    where
        T: 'a,
    {
        self.is_any() || values.into_iter().any(|value| self.has(value)) != self.not
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_passes_its_values_or_all_but_these() {
        let (any, some, others) = (Choice::default(), Choice::of([1, 2]), Choice::all_but([1, 2]));
        for (value, by_some, by_others) in [(Some(&1), true, false), (Some(&3), false, true), (None, false, true)] {
            assert!(any.admits(value));
            assert_eq!((some.admits(value), others.admits(value)), (by_some, by_others), "{value:?}");
        }
        assert!(some.admits_any(&[3, 2]) && !others.admits_any(&[3, 2]));
        assert!(Choice::<u8>::all_but([]).admits(None), "nothing chosen lets everything pass");
    }
}
