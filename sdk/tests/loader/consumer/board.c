/* SPDX-License-Identifier: Apache-2.0 */
/* A board's program against the installed libnbx-rt: a missing artifact gives an error, not a crash. */
#include <stdio.h>

#include <nbx/rt.h>

int main(void)
{
    nbx_rt *rt;
    nbx_status status = nbx_rt_open("/nonexistent", NULL, &rt);
    puts(nbx_rt_error(rt));
    nbx_rt_close(rt);
    return status == NBX_IO ? 0 : 1;
}
