/* SPDX-License-Identifier: Apache-2.0 */
/** Element-wise functions of reals: one row an op. */
#ifndef KERNELS_SCALAR_H
#define KERNELS_SCALAR_H

#include "program.h"

/** One value and up to two parameters. */
typedef double (*kernel_unary_fn)(double x, const double *p);
typedef double (*kernel_binary_fn)(double a, double b);

typedef struct kernel_unary {
    kernel_unary_fn compute;
    const char *attrs[2];
    double defaults[2];
} kernel_unary;

/** Row of a one-input function with its parameters read from the node; false if the op is none. */
bool kernel_unary_find(const kernel_node *node, kernel_unary_fn *out, double params[2]);
/** Add, Sub, Mul, Div, Pow, Min, Max, PRelu, Equal, Less, Greater, or NULL. */
kernel_binary_fn kernel_binary_find(nbx_op op);
/** The same for integer tensors, in int64; NULL where only reals are computed. */
typedef int64_t (*kernel_integer_fn)(int64_t a, int64_t b);
kernel_integer_fn kernel_integer_find(nbx_op op);

#endif
