/* SPDX-License-Identifier: Apache-2.0 */
/** From a plugin's descriptor to our own checked copy. */
#ifndef NBX_LOADER_DESCRIPTOR_H
#define NBX_LOADER_DESCRIPTOR_H

#include "loader/open.h"

/** Copies and checks the descriptor and everything it leads to, fills stubs, compares with the manifest. False with the refusal. */
bool nbx_descriptor_take(const nbx_open_request *request, nbx_opened *opened, const nbx_plugin *theirs, nbx_refusal *refusal);

#endif
