# Sourced by ./demo and ./test: says what this machine lacks, and installs what Debian has.
# shellcheck shell=bash

SDK_MAJOR=10

# What tests/TestVm runs: QEMU and what a guest in memory is made of; and what the Debian guest on a disk needs besides.
# shellcheck disable=SC2034
initramfs_guest_packages=(qemu-system-x86 busybox-static e2fsprogs xz-utils util-linux)
# shellcheck disable=SC2034
disk_guest_packages=(qemu-utils ovmf mmdebstrap fdisk dosfstools mtools)
# The AArch64 kernel that tests ask.
# shellcheck disable=SC2034
aarch64_guest_packages=(qemu-system-arm)

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root, and there is no sudo. Run as root: $*"
    fi
}

require_dotnet() {
    command -v dotnet >/dev/null ||
        fail ".NET SDK $SDK_MAJOR or newer is missing: there is no 'dotnet' in PATH. Debian does not have it; install Microsoft's dotnet-sdk-$SDK_MAJOR.0."
    # global.json chooses the SDK, so this asks in the project's own folder.
    local version
    version=$(dotnet --version 2>/dev/null) && [ "${version%%.*}" -ge "$SDK_MAJOR" ] ||
        fail ".NET SDK $SDK_MAJOR or newer is missing. This machine has: $(dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | paste -sd' ')."
    # The programs that are built look for the runtime in the system's places only. Where it is, dotnet itself knows: what
    # is found on the path may be a script.
    local runtimes
    runtimes=$(dotnet --list-runtimes | sed -n 's/^Microsoft.NETCore.App .*\[\(.*\)\]$/\1/p' | head -n 1)
    export DOTNET_ROOT=${DOTNET_ROOT:-${runtimes%/shared/Microsoft.NETCore.App}}
}

has_package() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs those Debian packages that are missing, and says which.
require_packages() {
    command -v apt-get >/dev/null ||
        fail "this script installs what it needs with apt-get, and there is none: it needs Debian 12 or newer, and these packages: $*"
    local missing=() package
    for package in "$@"; do
        has_package "$package" || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    echo "Installing Debian packages that are missing: ${missing[*]}"
    local log
    log=$(mktemp)
    if ! as_root apt-get update -q >"$log" 2>&1 ||
        ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends \
            -o DPkg::Lock::Timeout=300 "${missing[@]}" >>"$log" 2>&1; then
        tail -n 20 "$log" >&2
        fail "apt-get could not install: ${missing[*]} (its output: $log)"
    fi
    rm -f "$log"
}
