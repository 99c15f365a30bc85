/* SPDX-License-Identifier: Apache-2.0 */
/* Model-local functions: found by domain, name and overload, inlined at each call with prefixed names; nodes.c does the nodes. */
#include <string.h>

#include "stages/import/importer.h"

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static const char *key_of(nbx_arena *arena, const char *domain, const char *name, const char *overload)
{
    domain = or_empty(domain);
    if (!strcmp(domain, "ai.onnx")) domain = "";
    return nbx_arena_format(arena, "%zu:%s:%s:%s", strlen(domain), domain, or_empty(name), or_empty(overload));
}

nbx_status nbx_import_functions(nbx_importer *importer)
{
    importer->expanded = nbx_arena_array(importer->scratch, importer->model->n_functions, sizeof(uint32_t));
    if (!importer->expanded) return nbx_raise_memory(importer->context);
    for (size_t i = 0; i < importer->model->n_functions; i++) {
        const Onnx__FunctionProto *f = importer->model->functions[i];
        const char *key = key_of(importer->scratch, f->domain, f->name, f->overload);
        if (!key) return nbx_raise_memory(importer->context);
        if (!f->name || !*f->name || nbx_names_find(importer->functions, key, NULL))
            return nbx_raise(importer->context, NBX_E_IMPORT_FUNCTION, &importer->place, NULL,
                             "function '%s' has no name or is there twice", or_empty(f->name));
        if (!nbx_names_add(importer->functions, key, (uint32_t)i)) return nbx_raise_memory(importer->context);
    }
    return NBX_OK;
}

const Onnx__FunctionProto *nbx_import_find_function(const nbx_importer *importer, const Onnx__NodeProto *node)
{
    uint32_t at;
    if (importer->model->n_functions == 0) return NULL;
    const char *key = key_of(importer->scratch, node->domain, node->op_type, node->overload);
    return key && nbx_names_find(importer->functions, key, &at) ? importer->model->functions[at] : NULL;
}

int64_t nbx_import_opset(size_t count, Onnx__OperatorSetIdProto *const *imports)
{
    for (size_t i = 0; i < count; i++) {
        const char *domain = or_empty(imports[i]->domain);
        if (!*domain || !strcmp(domain, "ai.onnx")) return imports[i]->version;
    }
    return 0;
}

nbx_status nbx_import_check_opset(nbx_importer *importer, const char *what, int64_t opset)
{
    if (opset == 0)
        return nbx_raise(importer->context, NBX_E_IMPORT_OPSET, &importer->place, "is opset_import missing?",
                         "%s imports no opset of ai.onnx", what);
    if (opset < NBX_OPSET_FIRST || opset > NBX_OPSET_NOTED)
        return nbx_raise(importer->context, NBX_E_IMPORT_OPSET, &importer->place, "convert it with onnx.version_converter",
                         "%s uses opset %lld; NBX reads %d to %d", what, (long long)opset, NBX_OPSET_FIRST, NBX_OPSET_NOTED);
    if (opset > NBX_OPSET_LAST && importer->node_total == 0)
        nbx_note(importer->context, NBX_LOG_INFO, NBX_E_IMPORT_OPSET_NEW, &importer->place, NULL, "%s uses opset %lld, newer than %d", what,
                 (long long)opset, NBX_OPSET_LAST);
    return NBX_OK;
}

/* Nodes that a call of `function` becomes, at most one more than are allowed: a few short functions can stand for billions. */
static uint32_t expanded_size(const nbx_importer *importer, const Onnx__FunctionProto *function, uint32_t depth)
{
    uint32_t at, total = 0;
    const char *key = key_of(importer->scratch, function->domain, function->name, function->overload);
    if (!key || !nbx_names_find(importer->functions, key, &at) || depth > NBX_IMPORT_MAX_CALLS) return 0;
    if (importer->expanded[at]) return importer->expanded[at];
    importer->expanded[at] = 1; /* a function that calls itself is named by check_call */
    for (size_t i = 0; i < function->n_node && total <= NBX_IMPORT_MAX_NODES; i++) {
        const Onnx__NodeProto *node = function->node[i];
        const Onnx__FunctionProto *called = node->op_type ? nbx_import_find_function(importer, node) : NULL;
        total += called ? expanded_size(importer, called, depth + 1) : 1;
    }
    importer->expanded[at] = total <= NBX_IMPORT_MAX_NODES ? total : NBX_IMPORT_MAX_NODES + 1;
    return importer->expanded[at];
}

static nbx_status check_call(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__FunctionProto *function,
                             const Onnx__NodeProto *call, const char *name)
{
    if (scope->depth >= NBX_IMPORT_MAX_CALLS)
        return nbx_raise(importer->context, NBX_E_IMPORT_FUNCTION, &importer->place, NULL, "node '%s': more than %d levels of calls", name,
                         NBX_IMPORT_MAX_CALLS);
    for (const nbx_import_scope *s = scope; s; s = s->outer)
        if (s->function == function)
            return nbx_raise(importer->context, NBX_E_IMPORT_FUNCTION, &importer->place, NULL, "node '%s': function '%s' calls itself",
                             name, function->name);
    if (!scope->outer && expanded_size(importer, function, 0) > NBX_IMPORT_MAX_NODES - importer->node_total)
        return nbx_raise(importer->context, NBX_E_IMPORT_SIZE, &importer->place, NULL, "node '%s' calls function '%s': more than %d nodes",
                         name, function->name, NBX_IMPORT_MAX_NODES);
    if (call->n_input > function->n_input || call->n_output > function->n_output)
        return nbx_raise(importer->context, NBX_E_IMPORT_FUNCTION, &importer->place, NULL,
                         "node '%s' has more inputs or outputs than function '%s'", name, function->name);
    return NBX_OK;
}

static nbx_status bind_inputs(nbx_importer *importer, const nbx_import_scope *outer, const nbx_import_scope *body, const char *name)
{
    for (size_t i = 0; i < body->function->n_input; i++) {
        uint32_t value = NBX_NONE;
        const char *inner = body->function->input[i];
        if (i < body->call->n_input) NBX_TRY(nbx_import_resolve(importer, outer, name, body->call->input[i], &value));
        if (!*inner || nbx_names_find(body->values, inner, NULL))
            return nbx_raise(importer->context, NBX_E_IMPORT_FUNCTION, &importer->place, NULL, "function '%s' names input %zu '%s'",
                             body->function->name, i, inner);
        if (!nbx_names_add(body->values, inner, value)) return nbx_raise_memory(importer->context);
    }
    return NBX_OK;
}

/* Outputs of the call are produced under the body's names. One that is there already, an input or a repeat, is copied later. */
static nbx_status bind_outputs(nbx_importer *importer, const nbx_import_scope *outer, const nbx_import_scope *body, bool *copied)
{
    for (size_t i = 0; i < body->call->n_output; i++) {
        uint32_t value;
        const char *inner = body->function->output[i];
        if (!*body->call->output[i] || !nbx_names_find(outer->values, body->call->output[i], &value)) continue;
        copied[i] = nbx_names_find(body->values, inner, NULL);
        if (copied[i]) continue;
        importer->facts[value].reserved = true;
        if (!nbx_names_add(body->values, inner, value)) return nbx_raise_memory(importer->context);
    }
    return NBX_OK;
}

static nbx_status finish_outputs(nbx_importer *importer, const nbx_import_scope *outer, const nbx_import_scope *body, const bool *copied,
                                 const char *name)
{
    for (size_t i = 0; i < body->call->n_output; i++) {
        uint32_t value, from = NBX_NONE;
        if (!*body->call->output[i] || !nbx_names_find(outer->values, body->call->output[i], &value)) continue;
        if (copied[i]) nbx_names_find(body->values, body->function->output[i], &from);
        if (importer->facts[value].reserved || (copied[i] && from == NBX_NONE))
            return nbx_raise(importer->context, NBX_E_IMPORT_FUNCTION, &importer->place, NULL,
                             "function '%s' does not produce its output '%s'", body->function->name, body->function->output[i]);
        if (!copied[i]) continue;
        const char *wanted = nbx_arena_format(importer->scratch, "%s/output_%zu", name, i);
        const char *unique = wanted ? nbx_import_unique_name(importer, importer->node_names, wanted) : NULL;
        if (!unique || !nbx_names_add(importer->node_names, unique, NBX_NONE)) return nbx_raise_memory(importer->context);
        nbx_import_row row = {unique, "Identity", "", &from, &value, 1, 1, NBX_NONE};
        NBX_TRY(nbx_import_add_node(importer, &row, NULL));
    }
    return NBX_OK;
}

nbx_status nbx_import_call(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__FunctionProto *function,
                           const Onnx__NodeProto *call, const char *name)
{
    NBX_TRY(check_call(importer, scope, function, call, name));
    nbx_import_scope body = {.outer = scope, .function = function, .call = call, .depth = scope->depth + 1};
    body.prefix = nbx_arena_format(importer->scratch, "%s/", name);
    body.values = nbx_names_create(importer->scratch);
    bool *copied = nbx_arena_array(importer->scratch, call->n_output, sizeof(bool));
    if (!body.prefix || !body.values || !copied) return nbx_raise_memory(importer->context);
    body.opset = nbx_import_opset(function->n_opset_import, function->opset_import);
    if (body.opset == 0) body.opset = scope->opset;
    NBX_TRY(nbx_import_check_opset(importer, function->name, body.opset));
    NBX_TRY(bind_inputs(importer, scope, &body, name));
    NBX_TRY(bind_outputs(importer, scope, &body, copied));
    NBX_TRY(nbx_import_body(importer, &body, function->node, function->n_node));
    return finish_outputs(importer, scope, &body, copied, name);
}
