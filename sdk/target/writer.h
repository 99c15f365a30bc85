/* SPDX-License-Identifier: Apache-2.0 */
/** Writing YAML and other text to a sink, inside target/ only. The first failure sticks. */
#ifndef NBX_TARGET_WRITER_H
#define NBX_TARGET_WRITER_H

#include "target/target.h"
#include "target/yaml.h"

typedef struct nbx_writer {
    const nbx_text_sink *sink;
    nbx_status status;
    bool dash; /* the next line begins an entry of a list */
} nbx_writer;

void nbx_write(nbx_writer *writer, const char *text);
void nbx_writef(nbx_writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Indentation in steps of two spaces; the last two are "- " where an entry begins. */
void nbx_write_indent(nbx_writer *writer, uint32_t depth);
/** A scalar so that it reads back as the same: plain where that is certain, else in double quotes. */
void nbx_write_scalar(nbx_writer *writer, const char *text, bool quoted);
/** A scalar, or a list or map of anything in flow style. */
void nbx_write_flow(nbx_writer *writer, const nbx_yaml *node);

#endif
