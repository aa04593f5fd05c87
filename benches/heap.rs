//! The server's allocator, which counts while it is told to.

use std::{
    alloc::{GlobalAlloc, Layout},
    sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed},
};

use mimalloc::MiMalloc;

pub struct Counted;

static COUNTS: AtomicBool = AtomicBool::new(false);
static GROWN: AtomicI64 = AtomicI64::new(0);

/// Begins to count.
pub fn begin() {
    GROWN.store(0, Relaxed);
    COUNTS.store(true, Relaxed);
}

/// Ends counting; gives by how many bytes the heap has grown meanwhile.
pub fn grown() -> f64 {
    COUNTS.store(false, Relaxed);
    GROWN.load(Relaxed) as f64
}

fn count(bytes: usize, sign: i64) {
    if COUNTS.load(Relaxed) {
        GROWN.fetch_add(sign * bytes as i64, Relaxed);
    }
}

// SAFETY: all of it is done by mimalloc with what the caller gave.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: see above.
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: see above.
        unsafe { MiMalloc.dealloc(place, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: see above.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), -1);
        count(size, 1);
        // SAFETY: see above.
        unsafe { MiMalloc.realloc(place, layout, size) }
    }
}
