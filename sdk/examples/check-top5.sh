#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The example names five classes for a test picture, the right one first.
# usage: check-top5.sh TOP5 PLUGIN_DIRECTORY [INDEX]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export NBX_PLUGIN_PATH="$2"
index=${3:-0}
# The label of that picture: the byte behind the header of the .npy.
label=$(od -An -tu1 -j $((128 + index)) -N 1 "$here/data/fashion_test_200.labels.npy" | tr -d ' ')
got=$("$1" "$here/mobilenetv2-hi3559av100.yaml" "$here/data/mobilenetv2.onnx" "$here/data/fashion_test_200.npy" "$index")
echo "$got"
[ "$(echo "$got" | wc -l)" = 5 ]
[ "$(echo "$got" | head -n 1 | cut -d ' ' -f 1)" = "$label" ]
# A mistake is one line on standard error and the exit code of its status.
status=0
message=$("$1" nobody/nothing "$here/data/mobilenetv2.onnx" "$here/data/fashion_test_200.npy" 0 2>&1) || status=$?
echo "$message"
[ "$status" = 3 ]
echo "ok"
