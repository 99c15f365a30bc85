/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the first fault with its code; explaining codes at length is left to the command. */
#include "rt/fault.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name;
    nbx_status status;
} codes[] = {
#define CODE(name, text, status, line, explanation) {text, NBX_##status},
#include <nbx/tables/codes/formats.def>
#include <nbx/tables/codes/loader.def>
#undef CODE
};

nbx_status nbx_fault_set(nbx_fault *fault, nbx_fault_code code, const char *format, ...)
{
    va_list list;
    if (fault->status != NBX_OK) return fault->status;
    fault->code = code;
    fault->status = codes[code].status;
    va_start(list, format);
    vsnprintf(fault->text, sizeof(fault->text), format, list);
    va_end(list);
    return fault->status;
}

const char *nbx_fault_code_name(nbx_fault_code code)
{
    return codes[code].name;
}
