/* SPDX-License-Identifier: Apache-2.0 */
/* One inference: the place where a vendor binds buffers and waits for the chip. */
#include "example.h"

int32_t example_run(nbx_run_context *context, const nbx_run_args *args)
{
    if (!context || !args) return NBX_INVALID;
    /* Your driver goes here: submit, wait until args->deadline_ns, answer NBX_TIMEOUT or NBX_DEVICE_LOST if it does not come back.
     * Allocate nothing: what a run needs belongs to the context. */
    return nbx_emulator_run(context, args);
}
