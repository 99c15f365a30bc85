#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the build tree into an empty prefix and builds a vendor's project against it, out of tree.
# usage: check.sh CMAKE BUILD_DIR C_COMPILER
set -eu
cmake=$1 build=$2 compiler=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for component in sdk rt; do
    "$cmake" --install "$build" --prefix "$work/prefix" --component $component >/dev/null
done
"$cmake" -S "$here" -B "$work/build" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
"$cmake" --build "$work/build"
"$work/build/board"
grep -q '^chips: \["c100"\]$' "$work/build/plugins/consumer.plugin.yaml"
exports=$(nm -D --defined-only "$work/build/plugins/consumer.so" | awk '{print $3}')
[ "$exports" = nbx_plugin_query ] || { echo "exports: $exports"; exit 1; }
echo "ok: a plugin out of tree"
