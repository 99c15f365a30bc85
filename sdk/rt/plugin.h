/* SPDX-License-Identifier: Apache-2.0 */
/** A plugin as the board sees it: opened by path, without manifest or registry. */
#ifndef NBX_RT_PLUGIN_H
#define NBX_RT_PLUGIN_H

#include <nbx/plugin/plugin.h>
#include <nbx/rt.h>

#include "rt/artifact.h"

typedef struct nbx_rt_plugin {
    nbx_plugin api; /* our own copy, tail zeroed */
    nbx_host host;  /* self points to this struct */
    void *handle;
    void *log_self;
    void (*log)(void *self, uint32_t severity, const char *text);
    char last_diag[256]; /* code and text of the last diagnostic, for our own error text */
} nbx_rt_plugin;

/** Opens the library that calls itself chip->plugin: options->plugins in order, then options->plugin_dir. */
nbx_status nbx_rt_plugin_open(const nbx_artifact_chip *chip, const nbx_rt_options *options, nbx_rt_plugin *out, nbx_fault *fault);
void nbx_rt_plugin_close(nbx_rt_plugin *plugin);

#endif
