/* SPDX-License-Identifier: Apache-2.0 */
/** Rows of upgrades.def and the actions they name. */
#ifndef NBX_STAGES_IMPORT_UPGRADE_H
#define NBX_STAGES_IMPORT_UPGRADE_H

#include "stages/import/importer.h"

typedef struct nbx_upgrade nbx_upgrade;

/** One row applied to one node. The node is looked up by index: actions may add nodes. */
typedef nbx_status nbx_upgrade_action(nbx_importer *importer, uint32_t index, const nbx_upgrade *row);

struct nbx_upgrade {
    const char *op;
    int64_t first, last;
    nbx_upgrade_action *action;
    const char *attribute, *argument, *text;
};

/** Makes the node opaque with the row's text. */
nbx_status nbx_upgrade_opaque(nbx_importer *importer, uint32_t index, const nbx_upgrade *row);

nbx_upgrade_action nbx_upgrade_rename, nbx_upgrade_drop, nbx_upgrade_pass, nbx_upgrade_fill, nbx_upgrade_only, nbx_upgrade_not,
    nbx_upgrade_absent, nbx_upgrade_refuse;

/* upgrade_ops.c */

/** BatchNormalization: named outputs after the first are statistics of training, and ask for it before opset 14. */
nbx_upgrade_action nbx_upgrade_one_output;
/** Dropout: input `argument` is the training mode; a constant false, and the ratio with it, is dropped. */
nbx_upgrade_action nbx_upgrade_inference;
/** Softmax before opset 13: axes from `axis` on count as one. */
nbx_upgrade_action nbx_upgrade_two_dimensions;
/** Cast: `to` as the name of a type. */
nbx_upgrade_action nbx_upgrade_type_number;
/** Reshape: allowzero is dropped where the constant shape has no zero. */
nbx_upgrade_action nbx_upgrade_allow_zero;
/** Split: num_outputs says what the outputs say. */
nbx_upgrade_action nbx_upgrade_output_count;
/** Upsample and Resize of opset 10: asymmetric, nearest rounds down; scales are an attribute or input 1. */
nbx_upgrade_action nbx_upgrade_old_resize;

#endif
