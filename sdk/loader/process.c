/* SPDX-License-Identifier: Apache-2.0 */
/* Notices what a constructor did to floating-point control and locale; files, signals and threads are left to conformance. */
#include "loader/process.h"

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Rounding, flush-to-zero and trap bits, without the sticky exception flags. */
static uint32_t control_bits(const fenv_t *env)
{
#if defined(__x86_64__)
    return (env->__mxcsr & 0xffc0u) << 16 | env->__control_word;
#elif defined(__aarch64__)
    return env->__fpcr;
#elif defined(__arm__)
    return (uint32_t)env->__cw & 0x0fffff00u;
#else
    (void)env;
    return (uint32_t)fegetround();
#endif
}

static void read_locale(char out[256])
{
    const char *name = setlocale(LC_ALL, NULL);
    snprintf(out, 256, "%s", name ? name : "C");
}

void nbx_process_save(nbx_process_state *out)
{
    fegetenv(&out->floats);
    read_locale(out->locale);
}

const char *nbx_process_restore(const nbx_process_state *before)
{
    nbx_process_state now;
    nbx_process_save(&now);
    if (control_bits(&now.floats) != control_bits(&before->floats)) {
        fesetenv(&before->floats);
        return "the floating-point environment (rounding or denormals)";
    }
    if (strcmp(now.locale, before->locale)) {
        setlocale(LC_ALL, before->locale);
        return "the locale";
    }
    return NULL;
}
