#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles each public plugin header alone, the frozen offsets, and the smallest plugin, with one compiler and language.
# usage: check-headers.sh COMPILER c|c++ INCLUDE_DIR SOURCE_DIR
set -eu
compiler=$1 language=$2 include=$3 source=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $language in
c) flags="-std=c11 -Wstrict-prototypes -Wmissing-prototypes" plugin=minimal_plugin.c ;;
c++) flags="-std=c++17" plugin=minimal_plugin.cpp ;;
esac
# -Wpadded: a hole that is not a named member fails here (nbx_span has none either).
flags="$flags -x $language -Wall -Wextra -pedantic -Wpadded -Werror -I$include"
for header in "$include"/nbx/plugin/*.h; do
    echo "#include <nbx/plugin/$(basename "$header")>" >"$work/alone.c"
    # shellcheck disable=SC2086
    "$compiler" $flags -c "$work/alone.c" -o "$work/alone.o"
done
# shellcheck disable=SC2086
"$compiler" $flags -c "$source/offsets.c" -o "$work/offsets.o"
# shellcheck disable=SC2086
"$compiler" $flags -fPIC -fvisibility=hidden -shared -Wl,-z,defs "$source/$plugin" -o "$work/minimal.so"
echo "ok: $compiler $language"
