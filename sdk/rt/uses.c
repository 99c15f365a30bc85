/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the users of each library in this process; opening and closing them is left to its callers. */
#include "rt/uses.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct library {
    struct library *next;
    void *handle;
    uint32_t users;
} library;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static library *first;

static library **find(void *handle)
{
    library **at = &first;
    while (*at && (*at)->handle != handle)
        at = &(*at)->next;
    return at;
}

bool nbx_library_use(void *handle)
{
    pthread_mutex_lock(&lock);
    library **at = find(handle);
    if (!*at && (*at = calloc(1, sizeof(library)))) (*at)->handle = handle;
    bool found = *at != NULL;
    if (found) (*at)->users++;
    pthread_mutex_unlock(&lock);
    return found;
}

int32_t nbx_library_leave(void *handle, int32_t (*shutdown)(uint32_t *live), uint32_t *live)
{
    int32_t status = 0;
    *live = 0;
    pthread_mutex_lock(&lock);
    library **at = find(handle), *row = *at;
    if (row && --row->users == 0) {
        *at = row->next;
        free(row);
        if (shutdown) status = shutdown(live);
    }
    pthread_mutex_unlock(&lock);
    return status;
}
