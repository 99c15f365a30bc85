/* SPDX-License-Identifier: Apache-2.0 */
/** Status codes and diagnostics. A status is an int32_t; unknown values are treated as NBX_INTERNAL. */
#ifndef NBX_PLUGIN_STATUS_H
#define NBX_PLUGIN_STATUS_H

#include <nbx/plugin/abi.h>

NBX_BEGIN_C

typedef int32_t nbx_status;

enum {
#define STATUS(number, name, exit_code, meaning) NBX_##name = number,
#include <nbx/tables/statuses.def>
#undef STATUS
    NBX_STATUS_ENUM_END_ = 0x7fffffff
};

/** Severity of a log line or a diagnostic. */
enum { NBX_LOG_ERROR = 1, NBX_LOG_WARNING = 2, NBX_LOG_INFO = 3, NBX_LOG_DEBUG = 4, NBX_LOG_TRACE = 5 };

/**
 * One thing that went wrong, handed to nbx_host.diag. The host copies it before the call returns.
 *
 * code   stable and greppable, for example "E-HISI-003"; required
 * node   index into the graph view of the call, NBX_NONE if it concerns no node
 * text   one sentence: what is wrong, with the values; required
 * hint   what to change, or NULL
 */
typedef struct nbx_diag {
    uint32_t struct_size;
    int32_t status;
    uint32_t severity;
    uint32_t node;
    const char *code;
    const char *text;
    const char *hint;
    const char *place;
    int64_t vendor_code;
} nbx_diag;

NBX_END_C

#endif
