/* SPDX-License-Identifier: Apache-2.0 */
/** The rows as JSON Schema, inside target/ only. */
#ifndef NBX_TARGET_JSON_SCHEMA_H
#define NBX_TARGET_JSON_SCHEMA_H

#include "target/target.h"

nbx_status nbx_json_schema_write(const nbx_text_sink *sink);

#endif
