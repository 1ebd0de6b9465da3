//! A mutex for state that a panic cannot leave half changed.

use std::sync::{MutexGuard, PoisonError, TryLockError};

/// A [`std::sync::Mutex`] whose [`lock`](Self::lock) cannot fail.
///
/// A thread that panics while it holds a standard mutex poisons it, and every later `lock` returns an
/// error. This one ignores poison: use it where each change under the lock is complete in itself, such
/// as a value that is replaced as a whole, so that the daemon serves on after a panic.
///
/// Do not hold the guard across an await.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// Returns a mutex that is not locked.
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    /// Waits for the lock, and returns a guard that releases it when dropped.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a guard that releases the lock when dropped, or `None` if another thread holds the lock.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn a_lock_is_available_after_its_holder_has_panicked() {
        let mutex = Mutex::new(1);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            *mutex.lock() = 2;
            panic!("with the lock held");
        }));
        assert!(panicked.is_err());
        assert_eq!(*mutex.lock(), 2);
    }
}
