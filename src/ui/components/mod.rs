//! Building blocks of pages: they take data and never fetch.
