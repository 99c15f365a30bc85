#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the two free numbers of costs.c, bandwidth and start time, to the two published NNIE times.

Layer tables are rebuilt here from the published networks (AlexNet at 227, ResNet50 v1 at 224 with the stride in the first
1x1 convolution), so the script needs the standard library only. It counts as sdk/schema/costs.c does: 8-bit codes, rows of
maps padded to 32 bytes (ddr4), weights dense, biases as float32, results that leave the chip as int32.

Usage: fit.py    prints the fit, then what the constants in costs.c give; exit 1 if those miss a published time by over 3 %.
"""

import os
import re
import sys

CLOCK = 840e6
TILE_IC, TILE_OC, TILE_PX = 4, 16, 16
ROW = 32
PUBLISHED_MS = {"AlexNet": 9.0, "ResNet50": 10.5}


def ceil_div(a, b):
    return -(-a // b)


def map_bytes(channels, height, width, element=1):
    return channels * height * ceil_div(width * element, ROW) * ROW


def vector_bytes(length, element=1):
    return ceil_div(length * element, ROW) * ROW


def conv(cin, cout, kernel, size_in, size_out, group=1):
    """One convolution with its activation: (cycles, bytes, starts)."""
    cycles = (group * kernel * kernel * ceil_div(cin // group, TILE_IC) * ceil_div(cout // group, TILE_OC)
              * ceil_div(size_out * size_out, TILE_PX))
    weights = cout * (cin // group) * kernel * kernel + 4 * cout
    return cycles, weights + map_bytes(cin, size_in, size_in) + map_bytes(cout, size_out, size_out), 1


def dense(inputs, outputs, bytes_in, leaves=False):
    cycles = ceil_div(inputs, TILE_IC) * ceil_div(outputs, TILE_OC)
    return cycles, inputs * outputs + 4 * outputs + bytes_in + vector_bytes(outputs, 4 if leaves else 1), 1


def passes(bytes_moved):
    return 0, bytes_moved, 1


def pool(channels, size_in, size_out):
    return passes(map_bytes(channels, size_in, size_in) + map_bytes(channels, size_out, size_out))


def lrn(channels, size):
    return passes(2 * map_bytes(channels, size, size))


def softmax(length):
    return passes(vector_bytes(length) + vector_bytes(length, 4))


def operand(channels, size):
    """The other operand of an Eltwise: it rides on the pass of the convolution before it."""
    return 0, map_bytes(channels, size, size), 0


def alexnet():
    return [conv(3, 96, 11, 227, 55), lrn(96, 55), pool(96, 55, 27), conv(96, 256, 5, 27, 27, 2), lrn(256, 27), pool(256, 27, 13),
            conv(256, 384, 3, 13, 13), conv(384, 384, 3, 13, 13, 2), conv(384, 256, 3, 13, 13, 2), pool(256, 13, 6),
            dense(9216, 4096, map_bytes(256, 6, 6)), dense(4096, 4096, vector_bytes(4096)), dense(4096, 1000, vector_bytes(4096)),
            softmax(1000)]


def resnet50():
    layers = [conv(3, 64, 7, 224, 112), pool(64, 112, 56)]
    channels, size = 64, 56
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            out = size // stride if block == 0 else size
            layers.append(conv(channels, width, 1, size, out))
            layers.append(conv(width, width, 3, out, out))
            layers.append(conv(width, 4 * width, 1, out, out))
            if block == 0:
                layers.append(conv(channels, 4 * width, 1, size, out))
            layers.append(operand(4 * width, out))
            channels, size = 4 * width, out
    layers.append(pool(channels, size, 1))
    layers.append(dense(2048, 1000, map_bytes(2048, 1, 1)))
    layers.append(softmax(1000))
    return layers


NETWORKS = {"AlexNet": alexnet(), "ResNet50": resnet50()}


def time_ms(layers, bandwidth, start):
    return 1e3 * sum(max(cycles / CLOCK, moved / bandwidth) + start * starts for cycles, moved, starts in layers)


def start_for(name, bandwidth):
    """Start time that makes one network exact at a bandwidth."""
    starts = sum(layer[2] for layer in NETWORKS[name])
    return (PUBLISHED_MS[name] - time_ms(NETWORKS[name], bandwidth, 0.0)) * 1e-3 / starts


def fit():
    """Two equations, two unknowns. Both start times rise with the bandwidth, at different slopes: halve on their difference."""
    low, high = 2e9, 40e9

    def difference(bandwidth):
        return start_for("AlexNet", bandwidth) - start_for("ResNet50", bandwidth)

    sign = difference(low) < 0
    for _ in range(100):
        middle = (low + high) / 2
        if (difference(middle) < 0) == sign:
            low = middle
        else:
            high = middle
    return low, start_for("ResNet50", low)


def constants():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "costs.c")
    with open(path, encoding="utf-8") as source:
        text = source.read()
    found = [re.search(r"#define\s+%s\s+([0-9.e]+)" % name, text) for name in ("BANDWIDTH", "START_NS")]
    return float(found[0].group(1)), float(found[1].group(1)) * 1e-9


def main():
    bandwidth, start = fit()
    print("fit       bandwidth %.3f GB/s, start %.2f us per layer" % (bandwidth / 1e9, start * 1e6))
    bandwidth, start = constants()
    print("costs.c   bandwidth %.3f GB/s, start %.2f us per layer" % (bandwidth / 1e9, start * 1e6))
    worst = 0.0
    for name, layers in NETWORKS.items():
        predicted = time_ms(layers, bandwidth, start)
        error = 100.0 * (predicted / PUBLISHED_MS[name] - 1.0)
        worst = max(worst, abs(error))
        print("%-9s published %5.2f ms, predicted %5.2f ms, error %+.2f %%" % (name, PUBLISHED_MS[name], predicted, error))
    return 1 if worst > 3.0 else 0


if __name__ == "__main__":
    sys.exit(main())
