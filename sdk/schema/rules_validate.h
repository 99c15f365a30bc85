/* SPDX-License-Identifier: Apache-2.0 */
/** Inside of nbx_chip_validate: what the checks of rows and of clauses share. */
#ifndef NBX_SCHEMA_RULES_VALIDATE_H
#define NBX_SCHEMA_RULES_VALIDATE_H

#include "schema/rules.h"

/** Where the walk is: `row` names the row in messages. */
typedef struct nbx_validation {
    const nbx_chip *chip;
    char *error;
    uint32_t error_bytes;
    char row[160];
} nbx_validation;

/** Rank that a layout text is for: its outer axes, in upper case, are counted. */
static inline uint32_t nbx_layout_text_rank(const char *text)
{
    uint32_t rank = 0;
    while (*text >= 'A' && *text <= 'Z')
        rank++, text++;
    return rank;
}

/** Writes "chip X, <row>: <message>" and answers false. */
bool nbx_validation_fail(nbx_validation *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Names the row that the next messages speak of. */
void nbx_validation_at(nbx_validation *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Every row is as large as revision 1.0 has it, and what we do not know of it is zero. `sized`: rows begin with struct_size. */
bool nbx_validation_span(nbx_validation *v, const nbx_span *span, uint32_t bytes, bool sized, const char *what);
/** Checks "A|B" against the op table; "*" and NULL mean all. */
bool nbx_validation_ops(nbx_validation *v, const char *ops);
/** Checks a clause list; `scope` is the row's NBX_SCOPE_. */
bool nbx_validation_clauses(nbx_validation *v, const nbx_span *clauses, uint16_t scope, const char *what);
/** One row of a rule span whose size was checked. */
bool nbx_validation_rule(nbx_validation *v, uint32_t index);

#endif
