/* SPDX-License-Identifier: Apache-2.0 */
/* What every JSON report has in common; the subjects are in the other files of this folder and in the studies. */
#include <stdlib.h>
#include <string.h>

#include "stages/report/report.h"

#define SCHEMA_VERSION 1

json_t *nbx_report_begin(const char *report)
{
    return json_pack("{s:i,s:s,s:s}", "schema_version", SCHEMA_VERSION, "nbx_version", nbx_version(), "report", report);
}

char *nbx_report_json(const json_t *report)
{
    char *text = json_dumps(report, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(9));
    size_t bytes = text ? strlen(text) : 0;
    char *longer = text ? realloc(text, bytes + 2) : NULL;
    if (!longer) {
        free(text);
        return NULL;
    }
    memcpy(longer + bytes, "\n", 2);
    return longer;
}
