//! How memory that is no longer used goes back to the system.

/// Gives back what nobody uses: the allocator of glibc keeps it otherwise, in pieces between what is in
/// use, for what is asked for next. Other allocators are left as they are.
pub fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: it only looks at what has been freed, under the allocator's own locks.
        #[allow(unsafe_code)]
        unsafe {
            libc::malloc_trim(0);
        }
    }
}
