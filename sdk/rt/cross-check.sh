#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds libnbx-rt and a small runner for 64-bit and 32-bit Arm, checks what they need and how big they are, and, given an
# artifact with its plugin sources, runs it under qemu-user and compares the outputs with those of this machine.
#
# usage: cross-check.sh [-a ARTIFACT -p PLUGIN_NAME -s "PLUGIN SOURCES AND FLAGS"] [-o OUTPUT_DIR] [INPUT_FILE...]
#   each INPUT_FILE holds the raw bytes of one input, in order; missing ones are filled with a pattern.
# Exit status: 0 fine, 1 a check failed, 77 no cross compiler is installed.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
artifact= plugin= sources= out=
while getopts a:p:s:o: option; do
    case $option in
    a) artifact=$OPTARG ;;
    p) plugin=$OPTARG ;;
    s) sources=$OPTARG ;;
    o) out=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=${out:-$work/out}
mkdir -p "$out" "$work/include/nbx" "$work/layers/rt" "$work/layers/schema"
ln -s "$root/sdk/include/nbx/plugin" "$work/include/nbx/plugin"
ln -s "$root/sdk/tables" "$work/include/nbx/tables"
ln -s "$root/sdk/include/nbx/rt.h" "$work/include/nbx/rt.h"
ln -s "$root/sdk/rt" "$work/layers/rt/rt"
ln -s "$root/sdk/schema" "$work/layers/schema/schema"

schema="$root/sdk/schema"
flags="-std=c11 -D_GNU_SOURCE -DNBX_VERSION=\"cross\" -O2 -fPIC -fvisibility=hidden -ffp-contract=off -ffunction-sections -fdata-sections
 -Wall -Wextra -Werror -I$work/include -I$work/layers/rt -I$work/layers/schema -I$root/reference/kernels/include"

# name, compiler prefix, qemu, its library root
build() {
    name=$1 prefix=$2
    dir=$work/$name
    mkdir -p "$dir/plugins"
    # What the library uses of schema: files that need no math library, which -z defs proves.
    # shellcheck disable=SC2086
    "${prefix}gcc" $flags -shared -static-libgcc -Wl,-soname,libnbx-rt.so.0 -Wl,--version-script="$root/sdk/rt/rt.map" -Wl,--gc-sections \
        -Wl,--as-needed -Wl,-z,defs "$root"/sdk/rt/*.c "$schema"/layouts_*.c "$schema/dtypes.c" "$schema/encodings.c" \
        "$schema/encodings_containers.c" "$schema/encodings_half.c" -ldl -o "$dir/libnbx-rt.so.0"
    ln -sf libnbx-rt.so.0 "$dir/libnbx-rt.so"
    echo "$name: $("$root/sdk/tests/rt/check-library.sh" "$dir/libnbx-rt.so.0" "${prefix}readelf" "${prefix}strip")"
    # shellcheck disable=SC2086
    "${prefix}gcc" $flags "$root/sdk/tests/rt/runner/runner.c" -L"$dir" -lnbx-rt -Wl,-rpath,"\$ORIGIN" -ldl -o "$dir/runner"
    [ -n "$artifact" ] || return 0
    # shellcheck disable=SC2086
    "${prefix}gcc" $flags -shared -Wl,--version-script="$root/sdk/cmake/plugin.map" $sources -lm -o "$dir/plugins/$plugin.so"
}

run() {
    name=$1
    shift
    "$@" "$work/$name/runner" "$artifact" "$work/$name/plugins" "$out/$name" $inputs
}

inputs=$*
status=77
build host ""
[ -z "$artifact" ] || run host env
while read -r name prefix qemu sysroot; do
    command -v "${prefix}gcc" >/dev/null || continue
    [ $status -ne 77 ] || status=0
    build "$name" "$prefix"
    [ -n "$artifact" ] || continue
    if ! command -v "$qemu" >/dev/null; then
        echo "$name: $qemu is not installed; built, but not run"
        continue
    fi
    run "$name" "$qemu" -L "$sysroot"
    for file in "$out"/host.*; do
        cmp "$file" "$out/$name.${file##*.}" || status=1
    done
    echo "$name: outputs compared with the host's"
done <<TARGETS
aarch64 aarch64-linux-gnu- qemu-aarch64 /usr/aarch64-linux-gnu
armhf arm-linux-gnueabihf- qemu-arm /usr/arm-linux-gnueabihf
TARGETS
[ $status -ne 77 ] || echo "no cross compiler is installed"
exit $status
