#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the build into a staging folder, moves it, and builds against it what users build: programs through CMake and
# pkg-config, in C and C++, a board's program, and the plugin that `nbx new` makes.
# usage: run.sh CMAKE BUILD_DIR C_COMPILER SOURCE_DIR
set -eu
cmake=$1 build=$2 compiler=$3 source=$4
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset NBX_PLUGIN_PATH PKG_CONFIG_PATH DESTDIR
log=$work/log
quiet() { "$@" >"$log" 2>&1 || { cat "$log"; echo "failed: $*"; exit 1; }; }
fail() { echo "$*"; exit 1; }

# Nothing outside the prefix, no path of source or build inside, and none of the staging folder.
DESTDIR=$work/stage quiet "$cmake" --install "$build" --prefix /opt/nbx
[ "$(ls -A "$work/stage") $(ls -A "$work/stage/opt")" = "opt nbx" ] || fail "installed outside the prefix"
if grep -rl --include='*.cmake' --include='*.pc' --include='*.yaml' -e "$source" -e "$build" -e "$work" "$work/stage"; then
    fail "files above name folders of this build"
fi
for file in "$work"/stage/opt/nbx/bin/* "$work"/stage/opt/nbx/lib*/*.so* "$work"/stage/opt/nbx/lib*/nbx/plugins-1/*.so; do
    if readelf -d "$file" | grep -e RPATH -e RUNPATH; then fail "$file has a run path"; fi
done
prefix=$work/moved
mv "$work/stage/opt/nbx" "$prefix"
libdir=$(dirname "$(find "$prefix" -name libnbx.so.0)")
export PKG_CONFIG_PATH="$libdir/pkgconfig" LD_LIBRARY_PATH="$libdir"
echo "ok: installed and moved"

# The library exports what its two headers declare, and no third-party header is needed for them.
exports=$(readelf --dyn-syms -W "$libdir/libnbx.so.0" | awk '$7 != "UND" && $5 == "GLOBAL" {print $8}' | sed -n 's/@@NBX_0$//p' | sort)
declared=$(sed -n 's/^NBX_EXPORT .*[ *]\(nbx_[a-z_]*\)(.*/\1/p' "$prefix/include/nbx/nbx.h" "$prefix/include/nbx/pipeline.h" | sort)
[ "$exports" = "$declared" ] || fail "exported: $exports; declared: $declared"
sh "$source/sdk/tests/abi/check-public-headers.sh" "$compiler" c "$prefix/include"
sh "$source/sdk/tests/abi/check-public-headers.sh" c++ c++ "$prefix/include"

quiet "$cmake" -S "$here/program" -B "$work/program" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$prefix"
quiet "$cmake" --build "$work/program"
examples=$prefix/share/nbx/examples
job=$work/job.yaml
printf 'nbx: 1\ntarget: hisilicon/hi3559av100\nfallback: reference\nquantization: {calibration: {data: %s, samples: 8}}\n' \
    "$examples/data/fashion_calib_200.npy" >"$job"
printf 'inputs:\n  - {name: input, source: {type: uint8}, mean: 72.93, scale: 0.0111092596}\n' >>"$job"
quiet "$work/program/consumer_c" "$job" "$examples/data/mobilenetv2.onnx" "$work/c.nbx"
quiet "$work/program/consumer_cpp" "$job" "$examples/data/mobilenetv2.onnx" "$work/cpp.nbx"
cmp "$work/c.nbx" "$work/cpp.nbx"
quiet "$work/program/kernels"
echo "ok: find_package, C11 and C++17"

# shellcheck disable=SC2046
quiet "$compiler" -std=c11 $(pkg-config --cflags nbx) "$here/program/consumer.c" -o "$work/consumer" $(pkg-config --libs nbx)
quiet "$work/consumer" "$job" "$examples/data/mobilenetv2.onnx" "$work/pc.nbx"
cmp "$work/c.nbx" "$work/pc.nbx"
# shellcheck disable=SC2046
quiet "$compiler" -std=c11 $(pkg-config --cflags nbx-kernels) "$here/program/kernels.c" -o "$work/kernels" $(pkg-config --libs nbx-kernels)
quiet "$work/kernels"
# shellcheck disable=SC2046
quiet "$compiler" -std=c11 $(pkg-config --cflags nbx) "$examples/top5.c" -o "$work/top5" $(pkg-config --libs nbx)
"$work/top5" "$examples/mobilenetv2-hi3559av100.yaml" "$examples/data/mobilenetv2.onnx" "$examples/data/fashion_test_200.npy" 0 >"$log"
[ "$(head -n 1 "$log" | cut -d ' ' -f 1)" = 7 ] || fail "the example calls a sneaker $(cat "$log")"
echo "ok: pkg-config"

quiet "$work/program/board" "$work/c.nbx" "$(pkg-config --variable=plugindir nbx-rt)"
echo "ok: a board's program"

# A vendor with the component sdk alone makes a plugin, and the installed command takes it.
quiet "$cmake" --install "$build" --prefix "$work/vendor" --component sdk
nbx=$prefix/bin/nbx
cd "$work"
quiet "$nbx" new acme
quiet "$cmake" -S acme -B acme/build -DCMAKE_C_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$work/vendor"
quiet "$cmake" --build acme/build
readelf -d acme/build/plugins/acme.so | grep NEEDED | grep -v 'libc\.so\|libm\.so\|ld-linux' && fail "acme.so needs more than libc and libm"
"$nbx" plugins --plugin acme/build/plugins >"$log"
grep -q '^acme ' "$log" || fail "nbx plugins does not list acme: $(cat "$log")"
quiet "$nbx" targets show acme/e1 --plugin acme/build/plugins
quiet "$nbx" plan "$examples/data/mobilenetv2.onnx" -t acme/e1 --fallback reference --plugin acme/build/plugins
grep -q acme "$log" || fail "the plan does not name acme: $(cat "$log")"
echo "ok: a plugin made by nbx new"
