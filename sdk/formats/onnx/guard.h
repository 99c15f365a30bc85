/* SPDX-License-Identifier: Apache-2.0 */
/** The guard in front of protobuf-c, and the places it leaves for data. */
#ifndef NBX_FORMATS_ONNX_GUARD_H
#define NBX_FORMATS_ONNX_GUARD_H

#include <stdbool.h>

#include "core/context.h"

/** Where a tensor's data lies in the file: of which TensorProto field, and which bytes. Written in place of `raw_data`. */
typedef struct nbx_onnx_place {
    uint64_t field, offset, bytes;
} nbx_onnx_place;

/** Numbers of the TensorProto fields that hold data. */
enum {
    NBX_TENSOR_FLOAT_DATA = 4,
    NBX_TENSOR_INT32_DATA = 5,
    NBX_TENSOR_INT64_DATA = 7,
    NBX_TENSOR_RAW_DATA = 9,
    NBX_TENSOR_DOUBLE_DATA = 10,
    NBX_TENSOR_UINT64_DATA = 11
};

/** The bytes of a file. Pages of a mapping are given back as the guard passes them, so that walking does not make it resident. */
typedef struct nbx_onnx_bytes {
    const uint8_t *data;
    size_t bytes;
    bool is_mapping;
} nbx_onnx_bytes;

/**
 * Checks the bytes of a ModelProto and writes the skeleton that protobuf-c may unpack: the same messages, data replaced by
 * places. The caller frees *skeleton. NBX_BAD_INPUT with E-ONNX-003 to 006, 009 or 011.
 */
nbx_status nbx_onnx_guard(nbx_context *context, const nbx_place *place, const nbx_onnx_bytes *in, uint8_t **skeleton,
                          size_t *skeleton_bytes);

#endif
