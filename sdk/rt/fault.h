/* SPDX-License-Identifier: Apache-2.0 */
/** Errors of the runtime: codes and texts without a context. The codes are rows of the same tables as everywhere. */
#ifndef NBX_RT_FAULT_H
#define NBX_RT_FAULT_H

#include <nbx/plugin/status.h>

typedef enum nbx_fault_code {
#define CODE(name, text, status, line, explanation) NBX_FAULT_##name,
#include <nbx/tables/codes/formats.def>
#include <nbx/tables/codes/loader.def>
#undef CODE
    NBX_FAULT_COUNT_
} nbx_fault_code;

/** The first thing that went wrong. */
typedef struct nbx_fault {
    nbx_fault_code code;
    nbx_status status; /* NBX_OK: nothing yet */
    char text[512];    /* without the code */
} nbx_fault;

/** Keeps the first fault and answers its code's status, so that `return nbx_fault_set(...)` reads well. */
nbx_status nbx_fault_set(nbx_fault *fault, nbx_fault_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/** "E-ART-004". */
const char *nbx_fault_code_name(nbx_fault_code code);

#endif
