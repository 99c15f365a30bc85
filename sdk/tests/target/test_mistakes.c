/* SPDX-License-Identifier: Apache-2.0 */
/* Every mistake a user may make in a target file, and the exact line that says so. */
#include "messages.h"

#define HEAD "nbx: 1\ntarget: a/b\n"

typedef struct mistake {
    const char *name, *yaml, *lines;
} mistake;

static const mistake mistakes[] = {
    /* keys */
    {"a misspelt key is suggested", HEAD "metrc: top1\n",
     "t.yaml:3:1: error: unknown key 'metrc'; did you mean 'metric'? [E-TARGET-006]\n"},
    {"a misspelt key inside names its map", HEAD "budget:\n  latncy_ms: 1\n",
     "t.yaml:4:3: error: unknown key 'latncy_ms' in budget; did you mean 'latency_ms'? [E-TARGET-006]\n"},
    {"a misspelt key in a list entry", HEAD "inputs:\n  - {name: x, shpe: [1]}\n",
     "t.yaml:4:15: error: unknown key 'shpe' in inputs[0]; did you mean 'shape'? [E-TARGET-006]\n"},
    {"a key of another level is sent there", HEAD "method: minmax\n",
     "t.yaml:3:1: error: unknown key 'method'; it belongs under quantization.calibration [E-TARGET-006]\n"},
    {"an unlike key lists what there is", HEAD "budget: {frequency: 3}\n",
     "t.yaml:3:10: error: unknown key 'frequency' in budget; keys here: latency_ms, drop, memory_mb [E-TARGET-006]\n"},
    {"a key that is not first in its map has its own place", HEAD "budget:\n  drop: 0.1\n  memry_mb: 1\n",
     "t.yaml:5:3: error: unknown key 'memry_mb' in budget; did you mean 'memory_mb'? [E-TARGET-006]\n"},
    {"the merge key is a key like any other", HEAD "budget: {<<: {drop: 1}}\n",
     "t.yaml:3:10: error: unknown key '<<' in budget; keys here: latency_ms, drop, memory_mb [E-TARGET-006]\n"},
    {"a missing key in a list entry", HEAD "inputs:\n  - shape: [1]\n",
     "t.yaml:4:5: error: missing key 'name' in inputs[0]; for example name: input [E-TARGET-007]\n"},
    {"a missing target", "nbx: 1\n", "t.yaml:1:1: error: missing key 'target'; for example target: hisilicon/hi3559av100 [E-TARGET-007]\n"},
    {"a missing target among several", "nbx: 1\ntargets:\n  - a/b\n  - {fallback: none}\n",
     "t.yaml:4:5: error: missing key 'target' in targets[1]; for example target: hisilicon/hi3559av100 [E-TARGET-007]\n"},
    {"a missing version", "target: a/b\n", "t.yaml:1:1: error: missing key 'nbx'; for example nbx: 1 [E-TARGET-007]\n"},
    {"the version is not first", "target: a/b\nnbx: 1\n",
     "t.yaml:2:1: error: 'nbx' must be the first key; move it to the top [E-TARGET-005]\n"},
    {"another version stops the reading", "nbx: 2\nnonsense: 3\n",
     "t.yaml:1:6: error: nbx: this release reads version 1, not '2'; a newer release may read it [E-TARGET-005]\n"},
    {"a duplicate key says where the first is", HEAD "metric: top1\nfallback: none\nmetric: cosine\n",
     "t.yaml:5:1: error: duplicate key 'metric'; first on line 3 [E-TARGET-004]\n"},
    {"a duplicate key inside", HEAD "options:\n  ddr: ddr4\n  ddr: ddr3\n",
     "t.yaml:5:3: error: duplicate key 'ddr'; first on line 4 [E-TARGET-004]\n"},
    {"an input listed twice", HEAD "inputs:\n  - name: x\n  - name: x\n",
     "t.yaml:5:11: error: inputs: 'x' is listed twice; first on line 4 [E-TARGET-004]\n"},
    {"an output listed twice, once by name alone", HEAD "outputs:\n  - y\n  - {name: y}\n",
     "t.yaml:5:12: error: outputs: 'y' is listed twice; first on line 4 [E-TARGET-004]\n"},
    {"target and targets", HEAD "targets: [a/b]\n", "t.yaml:2:1: error: target and targets; keep one [E-TARGET-011]\n"},
    /* kinds */
    {"a text for a whole number", HEAD "quantization: {calibration: {samples: lots}}\n",
     "t.yaml:3:39: error: quantization.calibration.samples: 'lots' is not a whole number; 0 to 4294967295 [E-TARGET-008]\n"},
    {"digits and letters", HEAD "quantization: {calibration: {samples: 512abc}}\n",
     "t.yaml:3:39: error: quantization.calibration.samples: '512abc' is not a whole number; 0 to 4294967295 [E-TARGET-008]\n"},
    {"a negative for an unsigned", HEAD "quantization: {calibration: {samples: -5}}\n",
     "t.yaml:3:39: error: quantization.calibration.samples: '-5' is out of range; 0 to 4294967295 [E-TARGET-009]\n"},
    {"a number of more than 64 bits", HEAD "quantization: {calibration: {samples: 99999999999999999999}}\n",
     "t.yaml:3:39: error: quantization.calibration.samples: '99999999999999999999' is out of range; 0 to 4294967295 [E-TARGET-009]\n"},
    {"a leading zero could be octal", HEAD "quantization: {calibration: {samples: 010}}\n",
     "t.yaml:3:39: error: quantization.calibration.samples: '010' is not a whole number; 0 to 4294967295 [E-TARGET-008]\n"},
    {"a fraction for a whole number", HEAD "quantization: {calibration: {samples: 1.0}}\n",
     "t.yaml:3:39: error: quantization.calibration.samples: '1.0' is not a whole number; 0 to 4294967295 [E-TARGET-008]\n"},
    {"a quoted number is a text", HEAD "quantization: {calibration: {samples: \"200\"}}\n",
     "t.yaml:3:39: error: quantization.calibration.samples: '200' in quotes is a text, not a whole number; remove the quotes "
     "[E-TARGET-008]\n"},
    {"a zero below the bound", HEAD "inputs:\n  - name: x\n    shape: [1, 0]\n",
     "t.yaml:5:16: error: inputs[0].shape[1]: '0' is out of range; 1 to 2147483647 [E-TARGET-009]\n"},
    {"a unit behind a number", HEAD "budget: {latency_ms: 5ms}\n",
     "t.yaml:3:22: error: budget.latency_ms: '5ms' is not a number; 0 to 1000000000 [E-TARGET-008]\n"},
    {"a drop over 1", HEAD "budget: {drop: 1.5}\n", "t.yaml:3:16: error: budget.drop: '1.5' is out of range; 0 to 1 [E-TARGET-009]\n"},
    {"not a number is not a number", HEAD "budget: {drop: .nan}\n",
     "t.yaml:3:16: error: budget.drop: '.nan' is not a number; 0 to 1 [E-TARGET-008]\n"},
    {"infinity by its exponent", HEAD "budget: {drop: 1e999}\n",
     "t.yaml:3:16: error: budget.drop: '1e999' is out of range; 0 to 1 [E-TARGET-009]\n"},
    {"a decimal comma", HEAD "budget:\n  drop: 0,1\n", "t.yaml:4:9: error: budget.drop: '0,1' is not a number; 0 to 1 [E-TARGET-008]\n"},
    {"a hexadecimal for a real", HEAD "budget: {drop: 0x1}\n",
     "t.yaml:3:16: error: budget.drop: '0x1' is not a number; 0 to 1 [E-TARGET-008]\n"},
    {"maybe is no boolean", HEAD "quantization: {bias_correction: maybe}\n",
     "t.yaml:3:33: error: quantization.bias_correction: 'maybe' is not true or false [E-TARGET-008]\n"},
    {"yes is no boolean", HEAD "quantization: {bias_correction: yes}\n",
     "t.yaml:3:33: error: quantization.bias_correction: 'yes' is not true or false; write true [E-TARGET-008]\n"},
    {"False is no boolean", HEAD "quantization: {bias_correction: False}\n",
     "t.yaml:3:33: error: quantization.bias_correction: 'False' is not true or false; write false [E-TARGET-008]\n"},
    {"swapped letters in a choice", HEAD "inputs:\n  - {name: x, source: {layout: NHCW}}\n",
     "t.yaml:4:32: error: inputs[0].source.layout: 'NHCW' is not one of NC, NCW, NWC, NCHW, NHWC, NCDHW, NDHWC; did you mean 'NHWC'? "
     "[E-TARGET-010]\n"},
    {"a choice in lower case", HEAD "inputs:\n  - {name: x, source: {layout: nhwc}}\n",
     "t.yaml:4:32: error: inputs[0].source.layout: 'nhwc' is not one of NC, NCW, NWC, NCHW, NHWC, NCDHW, NDHWC; did you mean 'NHWC'? "
     "[E-TARGET-010]\n"},
    {"a choice far from all", HEAD "quantization: {calibration: {method: entropy}}\n",
     "t.yaml:3:38: error: quantization.calibration.method: 'entropy' is not one of minmax, percentile, none [E-TARGET-010]\n"},
    {"an unknown metric", HEAD "metric: top5\n",
     "t.yaml:3:9: error: metric: 'top5' is not one of top1, topk, cells, iou, cosine; did you mean 'top1'? [E-TARGET-010]\n"},
    {"two metrics", HEAD "metric: {topk: 5, command: [x]}\n", "t.yaml:3:9: error: metric: give one of topk, command [E-TARGET-011]\n"},
    {"no metric in the map", HEAD "metric: {}\n", "t.yaml:3:9: error: metric: give one of topk, command [E-TARGET-011]\n"},
    {"an empty command", HEAD "metric: {command: []}\n",
     "t.yaml:3:19: error: metric.command: a list of 0 entries; at least 1 [E-TARGET-009]\n"},
    {"a list for a map", HEAD "budget: [1]\n", "t.yaml:3:9: error: budget: expected a map, found a list [E-TARGET-008]\n"},
    {"a map for a list", HEAD "inputs: {name: x}\n", "t.yaml:3:9: error: inputs: expected a list, found a map [E-TARGET-008]\n"},
    {"a map for numbers", HEAD "inputs: [{name: x, mean: {a: 1}}]\n",
     "t.yaml:3:26: error: inputs[0].mean: expected a list or a single value, found a map [E-TARGET-008]\n"},
    {"a list for a single value", HEAD "quantization: {scheme: [a]}\n",
     "t.yaml:3:24: error: quantization.scheme: expected a text, found a list [E-TARGET-008]\n"},
    {"a list for an option", HEAD "options: {ddr: [a]}\n",
     "t.yaml:3:16: error: options.ddr: expected a text, found a list [E-TARGET-008]\n"},
    {"an option that no chip can have", HEAD "options: {a b: 1}\n",
     "t.yaml:3:11: error: options: 'a b' is not a name; letters, digits, _ . and -, at most 64 [E-TARGET-008]\n"},
    {"options without names", HEAD "options: [ddr]\n", "t.yaml:3:10: error: options: expected a map, found a list [E-TARGET-008]\n"},
    {"a map of nothing", HEAD "budget:\n", "t.yaml:3:8: error: budget: expected a map, found nothing [E-TARGET-008]\n"},
    {"a list of nothing", HEAD "inputs:\n", "t.yaml:3:8: error: inputs: expected a list, found nothing [E-TARGET-008]\n"},
    {"a key without a value", HEAD "quantization: {scheme: }\n",
     "t.yaml:3:24: error: quantization.scheme: no value; remove the key or give it a value [E-TARGET-007]\n"},
    {"too many extents", HEAD "inputs: [{name: x, shape: [1, 1, 1, 1, 1, 1, 1, 1, 1]}]\n",
     "t.yaml:3:27: error: inputs[0].shape: a list of 9 entries; at most 8 [E-TARGET-009]\n"},
    {"a chip without its vendor", "nbx: 1\ntarget: hi3559av100\n",
     "t.yaml:2:9: error: target: 'hi3559av100' is not vendor/chip; for example hisilicon/hi3559av100; `nbx targets` lists what is "
     "installed "
     "[E-TARGET-008]\n"},
    {"a chip with a blank", "nbx: 1\ntarget: a b/c\n",
     "t.yaml:2:9: error: target: 'a b/c' is not vendor/chip; for example hisilicon/hi3559av100; `nbx targets` lists what is installed "
     "[E-TARGET-008]\n"},
    {"none beside another fallback", HEAD "fallback: [none, cpu]\n",
     "t.yaml:3:11: error: fallback: none beside others; remove it, or the others [E-TARGET-011]\n"},
    {"a fallback with a blank", HEAD "fallback: a b\n",
     "t.yaml:3:11: error: fallback: 'a b' is not vendor/chip, a plugin or none; for example reference [E-TARGET-008]\n"},
    {"a place that is none", HEAD "nodes: [{match: x, place: fallbak}]\n",
     "t.yaml:3:27: error: nodes[0].place: 'fallbak' is not chip, fallback or vendor/chip; did you mean 'fallback'? [E-TARGET-008]\n"},
    {"a node entry that asks for nothing", HEAD "nodes: [{match: x}]\n",
     "t.yaml:3:9: error: nodes[0]: nothing but match; give one of scheme, place [E-TARGET-007]\n"},
    {"targets inside targets", "nbx: 1\ntargets:\n  - {target: a/b, targets: [a/b]}\n",
     "t.yaml:3:19: error: unknown key 'targets' in targets[0]; did you mean 'target'? [E-TARGET-006]\n"},
    {"no targets", "nbx: 1\ntargets: []\n", "t.yaml:2:10: error: targets: an empty list [E-TARGET-007]\n"},
    /* what YAML has and target files do not */
    {"an alias", HEAD "options: {a: &x 1, b: *x}\n",
     "t.yaml:3:14: error: anchors are not used in target files; write the value out; a text that begins with & or ! needs quotes "
     "[E-TARGET-003]\n"
     "t.yaml:3:23: error: aliases are not used in target files; write the value out; a text that begins with * needs quotes "
     "[E-TARGET-003]\n"},
    {"a glob without quotes is an alias", HEAD "nodes:\n  - {match: *Softmax, place: chip}\n",
     "t.yaml:4:13: error: aliases are not used in target files; write the value out; a text that begins with * needs quotes "
     "[E-TARGET-003]\n"},
    {"a tag", HEAD "metric: !!str top1\n",
     "t.yaml:3:9: error: tags are not used in target files; write the value out; a text that begins with & or ! needs quotes "
     "[E-TARGET-003]\n"},
    {"a tagged map", HEAD "budget: !x {drop: 0.1}\n",
     "t.yaml:3:9: error: tags are not used in target files; write the value out; a text that begins with & or ! needs quotes "
     "[E-TARGET-003]\n"},
    {"a second document", HEAD "---\nnbx: 1\n",
     "t.yaml:3:1: error: a second document; use one file per document, or the key 'targets' [E-TARGET-003]\n"},
    {"a list as a key", HEAD "[a, b]: 1\n", "t.yaml:3:1: error: a key that is not a text; keys are names [E-TARGET-003]\n"},
    {"an empty key", HEAD "? \n: 1\n", "t.yaml:3:2: error: a key that is not a text; keys are names [E-TARGET-003]\n"},
    {"a zero byte", HEAD "metric: \"a\\0b\"\n", "t.yaml:3:9: error: a text with a zero byte [E-TARGET-008]\n"},
    /* what is not YAML */
    {"a tab", HEAD "budget:\n\tdrop: 0.1\n",
     "t.yaml:4:1: error: not YAML: found character that cannot start any token while scanning for the next token; indent with spaces; this "
     "line "
     "has a tab [E-TARGET-001]\n"},
    {"a bracket that is not closed", HEAD "fallback: [a/b\n",
     "t.yaml:4:1: error: not YAML: did not find expected ',' or ']' while parsing a flow sequence [E-TARGET-001]\n"},
    {"two colons", HEAD "metric: a: b\n", "t.yaml:3:10: error: not YAML: mapping values are not allowed in this context [E-TARGET-001]\n"},
    {"broken UTF-8", HEAD "metric: \xff\n", "t.yaml:3:9: error: not YAML: invalid leading UTF-8 octet [E-TARGET-001]\n"},
    {"a control byte", HEAD "metric: a\x01\n", "t.yaml:3:10: error: not YAML: control characters are not allowed [E-TARGET-001]\n"},
    {"an undefined alias", HEAD "metric: *nowhere\n",
     "t.yaml:3:9: error: aliases are not used in target files; write the value out; a text that begins with * needs quotes "
     "[E-TARGET-003]\n"},
    {"an empty file", "", "t.yaml:1:1: error: the file is empty; begin with 'nbx: 1' and 'target: vendor/chip' [E-TARGET-005]\n"},
    {"a file of comments", "# nothing\n\n",
     "t.yaml:1:1: error: the file is empty; begin with 'nbx: 1' and 'target: vendor/chip' [E-TARGET-005]\n"},
    {"a file that is a list", "- a\n", "t.yaml:1:1: error: expected a map, found a list [E-TARGET-008]\n"},
    {"a file that is a text", "hello\n", "t.yaml:1:1: error: expected a map, found a single value [E-TARGET-008]\n"},
    /* what messages show */
    {"a long value is cut", HEAD "metric: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
     "t.yaml:3:9: error: metric: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' is not one of top1, topk, cells, iou, cosine "
     "[E-TARGET-010]\n"},
    {"control characters are not printed", HEAD "metric: \"\\e[31m\\x85\"\n",
     "t.yaml:3:9: error: metric: '?[31m?' is not one of top1, topk, cells, iou, cosine [E-TARGET-010]\n"},
    {"all mistakes at once", "nbx: 1\ntarget: b\nmetrc: 1\nbudget: {drop: 7}\ninputs: [{shape: 1}]\n",
     "t.yaml:2:9: error: target: 'b' is not vendor/chip; for example hisilicon/hi3559av100; `nbx targets` lists what is installed "
     "[E-TARGET-008]\n"
     "t.yaml:3:1: error: unknown key 'metrc'; did you mean 'metric'? [E-TARGET-006]\n"
     "t.yaml:4:16: error: budget.drop: '7' is out of range; 0 to 1 [E-TARGET-009]\n"
     "t.yaml:5:18: error: inputs[0].shape: expected a list, found a single value [E-TARGET-008]\n"
     "t.yaml:5:10: error: missing key 'name' in inputs[0]; for example name: input [E-TARGET-007]\n"},
};

START_TEST(says_exactly_this)
{
    const mistake *row = &mistakes[_i];
    nbx_context *context;
    nbx_job_set *set;
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    nbx_status status = parse_text(context, row->yaml, NULL, &set);
    char *lines = message_lines(context);
    ck_assert_msg(strcmp(lines, row->lines) == 0, "%s:\n  got:  %s  want: %s", row->name, lines, row->lines);
    ck_assert_msg(status == NBX_BAD_INPUT && !set, "%s: status %d", row->name, status);
    free(lines);
    nbx_context_destroy(context);
}
END_TEST

/* The same mistakes from the command line: no line, but the flag. */
static const struct {
    const char *name, *override, *line;
    nbx_status status;
} overrides[] = {
    {"no equals sign", "metric",
     "--set: error: 'metric': no '='; write --set key=value, for example --set options.ddr=ddr4 [E-TARGET-012]\n", NBX_USAGE},
    {"no key", "=top1", "--set: error: '=top1': no key; write --set key=value, for example --set options.ddr=ddr4 [E-TARGET-012]\n",
     NBX_USAGE},
    {"an empty name", "budget..drop=1",
     "--set: error: 'budget..drop=1': an empty name in the key; write --set key=value, for example --set options.ddr=ddr4 [E-TARGET-012]\n",
     NBX_USAGE},
    {"no value", "metric=", "--set: error: 'metric=': no value; for example --set options.ddr=ddr4 [E-TARGET-012]\n", NBX_USAGE},
    {"a number for a list that is a map", "budget[0]=1",
     "--set: error: 'budget[0]=1': a number in brackets, but there is no list [E-TARGET-012]\n", NBX_USAGE},
    {"a name for a list", "inputs.name=1",
     "--set: error: 'inputs.name=1': a name, but there is a list; write [0] for its first entry [E-TARGET-012]\n", NBX_USAGE},
    {"an entry far behind", "inputs[3].name=x",
     "--set: error: 'inputs[3].name=x': no such entry; there are 1 entries; 1 appends one [E-TARGET-012]\n", NBX_USAGE},
    {"a bracket that is not closed", "inputs[0=x",
     "--set: error: 'inputs[0=x': brackets hold the number of a list entry; for example inputs[0].name [E-TARGET-012]\n", NBX_USAGE},
    {"a value that is not YAML", "metric=[",
     "--set: error: not YAML: did not find expected node content while parsing a flow node [E-TARGET-001]\n", NBX_BAD_INPUT},
    {"an unknown key", "metrc=top1", "--set: error: unknown key 'metrc'; did you mean 'metric'? [E-TARGET-006]\n", NBX_BAD_INPUT},
    {"a value out of range", "budget.drop=2", "--set: error: budget.drop: '2' is out of range; 0 to 1 [E-TARGET-009]\n", NBX_BAD_INPUT},
};

START_TEST(overrides_are_checked)
{
    nbx_context *context;
    nbx_job_set *set;
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    nbx_overrides one = {&overrides[_i].override, 1};
    nbx_status status = parse_text(context, HEAD "budget: {drop: 0.5}\ninputs: [{name: x}]\n", &one, &set);
    char *lines = message_lines(context);
    ck_assert_msg(strcmp(lines, overrides[_i].line) == 0, "%s:\n  got:  %s  want: %s", overrides[_i].name, lines, overrides[_i].line);
    ck_assert_int_eq(status, overrides[_i].status);
    free(lines);
    nbx_context_destroy(context);
}
END_TEST

START_TEST(twenty_errors_are_enough)
{
    nbx_context *context;
    nbx_job_set *set;
    text_buffer yaml = {NULL, 0, 0};
    text_write(&yaml, HEAD, strlen(HEAD));
    for (int i = 0; i < 50; i++) {
        char line[32];
        snprintf(line, sizeof(line), "wrong%d: 1\n", i);
        text_write(&yaml, line, strlen(line));
    }
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    ck_assert_int_eq(parse_text(context, yaml.text, NULL, &set), NBX_BAD_INPUT);
    ck_assert_uint_eq(nbx_message_count(context), 21);
    nbx_message last;
    ck_assert(nbx_message_get(context, 20, &last));
    ck_assert_str_eq(last.code, "E-TARGET-013");
    free(yaml.text);
    nbx_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mistakes");
    TCase *rows = tcase_create("rows");
    tcase_add_loop_test(rows, says_exactly_this, 0, (int)(sizeof(mistakes) / sizeof(mistakes[0])));
    tcase_add_loop_test(rows, overrides_are_checked, 0, (int)(sizeof(overrides) / sizeof(overrides[0])));
    tcase_add_test(rows, twenty_errors_are_enough);
    suite_add_tcase(suite, rows);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
