/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds a fuzz target the files of a folder, each whole, cut short and with bits flipped; finding new inputs is left to libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_BYTES = 1 << 20, CUTS = 32, FLIPS = 96 };

static uint64_t random_state;

static uint64_t random_below(uint64_t bound)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % bound;
}

/* In a block of its exact size, so that a sanitizer sees the first byte read beyond. */
static int feed(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) return -1;
    memcpy(copy, data, size);
    int result = LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return result;
}

static int feed_damaged(uint8_t *data, size_t size)
{
    int bad = feed(data, size);
    random_state = 20240229; /* the same damage in whatever order the folder lists its files */
    for (size_t i = 0; i < CUTS && size; i++)
        bad |= feed(data, size * i / CUTS);
    for (int i = 0; i < FLIPS && size; i++) {
        uint64_t at = random_below(size), bit = random_below(8);
        data[at] ^= (uint8_t)(1u << bit);
        bad |= feed(data, size);
        if (i % 3 == 2) continue; /* some flips stay, so that damage adds up */
        data[at] ^= (uint8_t)(1u << bit);
    }
    return bad;
}

static int feed_file(const char *path)
{
    static uint8_t data[MOST_BYTES];
    FILE *file = fopen(path, "rb");
    if (!file) return -1;
    size_t size = fread(data, 1, sizeof(data), file);
    int bad = ferror(file) || size == sizeof(data);
    fclose(file);
    return bad ? -1 : feed_damaged(data, size);
}

int main(int argc, char **argv)
{
    char path[4096];
    int files = 0, bad = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    const struct dirent *entry;
    if (!folder) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
        if (feed_file(path) != 0) {
            fprintf(stderr, "%s: not read, or not accepted by the target\n", path);
            bad = 1;
        }
        files++;
    }
    closedir(folder);
    printf("%d files of %s\n", files, argv[1]);
    return bad || files == 0;
}
