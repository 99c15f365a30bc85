/* SPDX-License-Identifier: Apache-2.0 */
/* The one exported symbol and the table behind it; the keys of the NNIE mapper's configuration are translated here as data. */
#include <nbx/kernels.h>

#include "hisilicon.h"

#define KEY(key_, ours_, map_, note_)                                                                                                      \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_foreign_key), .key = key_, .ours = ours_, .map = map_, .note = note_                                     \
    }

/* HiSVP development guide, table 3-6, as transcribed by users. */
static const nbx_foreign_key imports[HISI_IMPORT_ROWS] = {
    KEY("compile_mode", "options.precision", "0=low_bandwidth|1=high_precision|2=per_layer", NULL),
    KEY("internal_stride", "options.ddr", "16=ddr3|32=ddr4", NULL),
    KEY("data_scale", "inputs.scale", NULL, "the mapper's default is 1/256; both subtract the mean first"),
    KEY("mean_file", "inputs.mean", NULL, "give the numbers of the file"),
    KEY("norm_type", NULL, NULL, "follows from mean and scale: 0 none, 2 mean, 3 scale, 5 both"),
    KEY("image_type", "inputs.source.type", "0=float32|1=uint8", "3 and 5, YUV420SP and YUV422SP, are not imported"),
    KEY("image_list", "quantization.calibration.data", NULL, "pack the pictures into one .npy"),
    KEY("RGB_order", NULL, NULL, "reorder the channels of the data"),
    KEY("batch_num", "inputs.shape", NULL, "the first extent; 0 and 1 mean one picture"),
    KEY("net_type", NULL, NULL, "only CNN segments (0) are modelled"),
    KEY("sparse_rate", NULL, NULL, "not modelled: no weights are dropped"),
    KEY("compress_mode", NULL, NULL, "not modelled: weights are not compressed"),
    KEY("gfpq_param_file", NULL, NULL, "not read: 12 of its 16 bytes are unknown; NBX calibrates itself"),
    KEY("caffemodel_file", NULL, NULL, "convert to ONNX"),
    KEY("prototxt_file", NULL, NULL, "convert to ONNX"),
};

static int32_t probe(const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict)
{
    return nbx_emulator_probe_for(&hisi_plugin, blob, bytes, chip, verdict);
}

const nbx_plugin hisi_plugin = {
    .struct_size = sizeof(nbx_plugin),
    .name = "hisilicon",
    .vendor = "hisilicon",
    .version = "0.1.0",
    .roles = NBX_ROLE_COMPILE | NBX_ROLE_EMULATE,
    .blob_format = "hisilicon-emulation",
    .blob_version = 1,
    .chips = {hisi_chips, HISI_CHIP_ROWS, sizeof(nbx_chip)},
    .imports = {imports, HISI_IMPORT_ROWS, sizeof(nbx_foreign_key)},
    .open = hisi_open,
    .close = nbx_emulator_close,
    .compile = hisi_compile,
    .load = nbx_emulator_load,
    .unload = nbx_emulator_unload,
    .describe = nbx_emulator_describe,
    .context_create = nbx_emulator_context_create,
    .context_destroy = nbx_emulator_context_destroy,
    .run = hisi_run,
    .shutdown = nbx_emulator_shutdown,
    .probe = probe,
};

int32_t nbx_plugin_query(nbx_offer *offer)
{
    int32_t status = nbx_negotiate(offer, NBX_REVISION_1_0, NBX_REVISION_CURRENT, &hisi_plugin);
    if (status == NBX_OK) hisi_host = offer->host;
    return status;
}
