# Debian packages for the other scripts: what this machine lacks (debian_install), and single files from another suite
# (debian_suite, debian_apt), read through lists of our own so that the machine's package sources stay as they are.
# Source it from bash; needs apt and dpkg. All messages go to stderr.
# shellcheck shell=bash

export DEBIAN_FRONTEND=noninteractive

# The archive that this machine installs from, so that no host name is written here.
debian_archive() {
    local archive
    archive=$(debian_configured_archive)
    if [ -z "$archive" ] && [ "$(id -u)" = 0 ]; then # the machine has never fetched its lists
        apt-get update -qq >&2 || true
        archive=$(debian_configured_archive)
    fi
    [ -n "$archive" ] || { echo "no Debian archive is configured here, or apt-get update was never run" >&2; return 1; }
    echo "$archive"
}

debian_configured_archive() {
    # shellcheck disable=SC2016  # for apt to expand
    apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | sed -n '\|/debian/*$|{p;q}'
}

# debian_suite FOLDER TYPE SUITE: fetches the signed lists of SUITE (TYPE is deb or deb-src) into FOLDER.
debian_suite() {
    local folder=$1 type=$2 suite=$3 archive keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    archive=$(debian_archive) || return 1
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
    echo "$type [signed-by=$keyring] $archive $suite main" >"$folder/sources.list"
    debian_apt "$folder" update -qq
}

# debian_apt FOLDER ARGUMENT...: apt-get, seeing only the lists in FOLDER. apt checks signatures and checksums.
debian_apt() {
    local folder=$1
    shift
    apt-get -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=- \
        -o Dir::State::Lists="$folder/lists" -o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root "$@" >&2
}

# debian_install PACKAGE...: installs those that are missing, from the machine's own sources.
debian_install() {
    local package missing=()
    for package; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    echo "installing ${missing[*]}" >&2
    [ "$(id -u)" = 0 ] || { echo "missing Debian packages (installing them takes root): ${missing[*]}" >&2; return 1; }
    apt-get update -qq >&2 || true # a third-party source may be out of reach
    apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2
}
