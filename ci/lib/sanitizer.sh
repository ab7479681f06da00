# Builds Rust code for a sanitizer on the stable compiler, the standard library included: half of what synchronises
# threads is in there.
# Source it from bash.
# shellcheck shell=bash disable=SC2034  # used by who sources it

# sanitizer_flags SANITIZER: exports what cargo and rustc go by, sets the array cargo_options. Exit code 3 without the
# library's source, which rustup has.
sanitizer_flags() {
    local target
    target=$(rustc -vV | sed -n 's/^host: //p')
    if [ ! -e "$(rustc --print sysroot)/lib/rustlib/src/rust/library/std" ]; then
        echo 'fetching the source of the Rust standard library' >&2
        rustup component add rust-src >&2 || { echo 'a sanitizer needs rust-src, which rustup could not fetch' >&2; exit 3; }
    fi
    export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std CARGO_PROFILE_RELEASE_LTO=off
    export RUSTFLAGS="${RUSTFLAGS:-} -Zsanitizer=$1 -Cforce-frame-pointers=yes -Cdebuginfo=line-tables-only"
    # The C++ file along. rustc links it, with a runtime in programs only.
    export CXXFLAGS="${CXXFLAGS:-} -fsanitize=$1"
    cargo_options=(--target "$target")
}
