#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a board gets: libnbx-rt needs libc (and libdl, where that is separate) only, is under 200 KB stripped, and exports
# nbx_rt_ calls and nothing else.
# usage: check-library.sh LIBRARY [READELF [STRIP]]
set -eu
library=$1 readelf=${2:-readelf} strip=${3:-strip}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The dynamic loader itself is named by 32-bit Arm, and sanitizer builds bring their own library.
needed=$("$readelf" -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v -e '^libc\.so' -e '^libdl\.so' -e '^ld-linux' || true)
if [ -n "$needed" ]; then
    echo "needs more than libc and libdl: $needed"
    exit 1
fi
"$strip" -o "$work/stripped" "$library"
bytes=$(wc -c <"$work/stripped")
if [ "$bytes" -ge 204800 ]; then
    echo "$bytes bytes stripped, the limit is 204800"
    exit 1
fi
others=$("$readelf" --dyn-syms -W "$library" | awk '$7 != "UND" && $5 == "GLOBAL" && $8 !~ /^(nbx_rt_|NBX_RT_)/ && NR > 3 {print $8}')
if [ -n "$others" ]; then
    echo "exports more than nbx_rt_: $others"
    exit 1
fi
echo "ok: $bytes bytes stripped"
