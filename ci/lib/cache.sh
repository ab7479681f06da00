# Names the folders for what is costly to make and can be thrown away at any time. BOWLINE_CACHE moves them.
# Source it from bash: sets $cache (interpreters, tools: shared by every checkout) and $own (venvs and builds of the
# checkout in $root, so that two of them never install over each other).
# shellcheck shell=bash disable=SC2034  # used by who sources it

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${BOWLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/bowline}
own=$cache/checkout/$(printf %s "$root" | sha256sum | cut -c 1-12)
