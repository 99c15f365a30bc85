#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles each header of integrators, boards and chip models alone, with one compiler and language.
# usage: check-public-headers.sh COMPILER c|c++ INCLUDE_DIR...
set -eu
compiler=$1 language=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $language in
c) flags="-std=c11 -Wstrict-prototypes -Wmissing-prototypes" ;;
c++) flags="-std=c++17" ;;
esac
for directory in "$@"; do
    flags="$flags -I$directory"
done
for header in nbx pipeline rt kernels; do
    echo "#include <nbx/$header.h>" >"$work/alone.c"
    # shellcheck disable=SC2086
    "$compiler" -x $language $flags -Wall -Wextra -Wpedantic -Werror -c "$work/alone.c" -o "$work/alone.o"
done
echo "ok: $compiler $language"
