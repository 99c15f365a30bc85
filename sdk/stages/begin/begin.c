/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a plan: resolves the job's chips, options and node rows against what is installed; placing is the next stage's work. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "core/constants.h"
#include "stages/stages.h"

static nbx_status out_of(nbx_plan *plan)
{
    return nbx_raise_memory(plan->context);
}

static bool choice_has(const char *choices, const char *value)
{
    return choices && nbx_list_has(choices, value);
}

static bool option_fits(const nbx_option *row, const char *value)
{
    if (row->kind == NBX_OPTION_CHOICE) return choice_has(row->choices, value);
    if (row->kind == NBX_OPTION_BOOL) return !strcmp(value, "true") || !strcmp(value, "false");
    char *end;
    long long number = strtoll(value, &end, 10);
    return *value && !*end && number >= row->lo && number <= row->hi;
}

/* What a value may be, for the message. */
static const char *option_domain(nbx_arena *arena, const nbx_option *row)
{
    if (row->kind == NBX_OPTION_CHOICE) return nbx_arena_format(arena, "one of %s", row->choices);
    if (row->kind == NBX_OPTION_BOOL) return "true or false";
    return nbx_arena_format(arena, "a whole number in %lld..%lld", (long long)row->lo, (long long)row->hi);
}

static const char *option_names(nbx_arena *arena, const nbx_chip *chip)
{
    const char *list = "";
    for (uint32_t i = 0; i < chip->options.count; i++)
        list = nbx_arena_format(arena, "%s%s%s", list, i ? ", " : "", NBX_ROW(nbx_option, chip->options, i)->name);
    return *list ? list : "none";
}

static const nbx_option *find_option(const nbx_chip *chip, const char *name)
{
    for (uint32_t i = 0; i < chip->options.count; i++)
        if (!strcmp(NBX_ROW(nbx_option, chip->options, i)->name, name)) return NBX_ROW(nbx_option, chip->options, i);
    return NULL;
}

/* Options belong to the target; a fallback runs with its defaults. */
static nbx_status check_options(nbx_plan *plan, const nbx_plan_chip *row)
{
    nbx_status status = NBX_OK;
    for (uint32_t i = 0; i < plan->job->option_count; i++) {
        const nbx_job_option *option = &plan->job->options[i];
        const nbx_option *known = find_option(row->chip, option->name);
        if (!known)
            status = nbx_raise(plan->context, NBX_E_PLAN_OPTION, &option->place,
                               nbx_arena_format(plan->arena, "it has: %s", option_names(plan->arena, row->chip)), "%s has no option '%s'",
                               row->spec, option->name);
        else if (!option_fits(known, option->value))
            status = nbx_raise(plan->context, NBX_E_PLAN_OPTION, &option->place,
                               nbx_arena_format(plan->arena, "it must be %s", option_domain(plan->arena, known)),
                               "option '%s' of %s cannot be '%s'", option->name, row->spec, option->value);
    }
    return status;
}

static nbx_status resolve_options(nbx_plan *plan, nbx_plan_chip *row, bool target)
{
    nbx_option_value *values = nbx_arena_array(plan->arena, row->chip->options.count, sizeof(*values));
    if (!values) return out_of(plan);
    for (uint32_t i = 0; i < row->chip->options.count; i++) {
        const nbx_option *known = NBX_ROW(nbx_option, row->chip->options, i);
        values[i] = (nbx_option_value){.struct_size = sizeof(*values), .name = known->name, .value = known->default_value};
        for (uint32_t k = 0; target && k < plan->job->option_count; k++)
            if (!strcmp(plan->job->options[k].name, known->name)) values[i].value = plan->job->options[k].value;
    }
    row->options = values;
    row->option_count = row->chip->options.count;
    return NBX_OK;
}

static nbx_status add_chip(nbx_plan *plan, nbx_registry *registry, const char *spec)
{
    for (uint32_t i = 0; i < plan->chip_count; i++)
        if (!strcmp(plan->chips[i].spec, spec)) return NBX_OK;
    nbx_plan_chip *row = &plan->chips[plan->chip_count];
    row->spec = spec;
    NBX_TRY(nbx_registry_find_chip(registry, spec, &row->plugin, &row->chip));
    plan->chip_count++;
    return resolve_options(plan, row, plan->chip_count == 1);
}

static nbx_status add_chips(nbx_plan *plan, nbx_registry *registry)
{
    const nbx_job *job = plan->job;
    plan->chips = nbx_arena_array(plan->arena, (size_t)job->fallback_count + 1, sizeof(nbx_plan_chip));
    if (!plan->chips) return out_of(plan);
    NBX_TRY(add_chip(plan, registry, job->target));
    for (uint32_t i = 0; i < job->fallback_count; i++)
        NBX_TRY(add_chip(plan, registry, job->fallback[i]));
    return NBX_OK;
}

/* The float engine for calibration: optional, since a plan without data does not need it. */
static nbx_status find_engine(nbx_plan *plan, nbx_registry *registry)
{
    const nbx_registry_entry *entry;
    for (uint32_t i = 0; (entry = nbx_registry_at(registry, i)) != NULL; i++) {
        if (entry->refusal.refused || !entry->manifest.name || strcmp(entry->manifest.name, "reference") != 0) continue;
        nbx_plan_chip *engine = &plan->engine;
        engine->spec = "reference/any";
        NBX_TRY(nbx_registry_find_chip(registry, engine->spec, &engine->plugin, &engine->chip));
        return resolve_options(plan, engine, false);
    }
    return NBX_OK;
}

static bool scheme_known(const nbx_plan *plan, const char *scheme)
{
    for (uint32_t c = 0; c < plan->chip_count; c++)
        for (uint32_t i = 0; i < plan->chips[c].chip->combos.count; i++)
            if (!strcmp(NBX_ROW(nbx_combo, plan->chips[c].chip->combos, i)->scheme, scheme)) return true;
    return false;
}

static const char *scheme_names(nbx_plan *plan)
{
    const nbx_chip *chip = plan->chips[0].chip;
    const char *list = "";
    for (uint32_t i = 0; i < chip->combos.count; i++) {
        const char *name = NBX_ROW(nbx_combo, chip->combos, i)->scheme;
        if (!nbx_list_has(list, name)) list = nbx_arena_format(plan->arena, "%s%s%s", list, *list ? "|" : "", name);
    }
    return list;
}

static nbx_status check_scheme(nbx_plan *plan, const char *scheme, const nbx_place *place)
{
    if (!scheme || scheme_known(plan, scheme)) return NBX_OK;
    return nbx_raise(plan->context, NBX_E_PLAN_SCHEME, place,
                     nbx_arena_format(plan->arena, "%s has: %s", plan->chips[0].spec, scheme_names(plan)), "unknown scheme '%s'", scheme);
}

static nbx_status resolve_place(nbx_plan *plan, const nbx_job_node *row, uint32_t *forced, uint32_t *first)
{
    *forced = NBX_NONE;
    *first = 0;
    if (!row->at) return NBX_OK;
    if (!strcmp(row->at, "chip")) {
        *forced = 0;
        return NBX_OK;
    }
    if (!strcmp(row->at, "fallback")) {
        *first = 1;
        if (plan->chip_count > 1) return NBX_OK;
        return nbx_raise(plan->context, NBX_E_PLAN_PLACE, &row->place, "name one with `fallback:`",
                         "'place: fallback' but the job has no fallback");
    }
    for (uint32_t i = 0; i < plan->chip_count; i++)
        if (!strcmp(plan->chips[i].spec, row->at) || !strcmp(plan->chips[i].plugin->name, row->at)) *forced = i;
    if (*forced != NBX_NONE) return NBX_OK;
    return nbx_raise(plan->context, NBX_E_PLAN_PLACE, &row->place, "use chip, fallback, or a chip of the job",
                     "'place: %s' is not a chip of this job", row->at);
}

/* A pattern that matches nothing is a mistake worth an error: it would change nothing in silence. */
static nbx_status apply_node_row(nbx_plan *plan, const nbx_job_node *row)
{
    uint32_t forced, first, matched = 0;
    NBX_TRY(check_scheme(plan, row->scheme, &row->place));
    NBX_TRY(resolve_place(plan, row, &forced, &first));
    for (uint32_t n = 0; n < plan->graph->node_count; n++) {
        const nbx_node *node = &plan->graph->nodes[n].n;
        bool hit = fnmatch(row->match, node->name, 0) == 0;
        for (uint32_t i = 0; i < node->origins.count && !hit; i++)
            hit = fnmatch(row->match, *NBX_ROW(const char *, node->origins, i), 0) == 0;
        if (!hit) continue;
        matched++;
        if (row->scheme) plan->placements[n].wanted = row->scheme;
        if (!row->at) continue;
        plan->placements[n].forced = forced;
        plan->placements[n].first_chip = first;
        plan->placements[n].off_target = first > 0;
    }
    if (matched) return NBX_OK;
    return nbx_raise(plan->context, NBX_E_PLAN_MATCH, &row->place, "`nbx model` lists the node names; * and ? are wildcards",
                     "no node matches '%s'", row->match);
}

static nbx_status apply_job(nbx_plan *plan)
{
    nbx_status status = check_scheme(plan, plan->job->scheme, &plan->job->target_place);
    for (uint32_t i = 0; i < plan->job->node_count; i++) {
        nbx_status one = apply_node_row(plan, &plan->job->nodes[i]);
        if (one != NBX_OK) status = one;
    }
    return status;
}

static nbx_status check_ports(nbx_plan *plan)
{
    nbx_checker checker;
    nbx_checker_init(plan, &checker);
    for (uint32_t i = 0; i < plan->graph->input_count; i++) {
        const nbx_value *value = &plan->graph->values[plan->graph->inputs[i]].v;
        const nbx_job_input *row = nbx_job_find_input(plan->job, value->name, i);
        bool image = row && row->source_type && !strcmp(row->source_type, "uint8");
        nbx_port_info info = {.name = value->name, .value = value, .source = image ? "image" : "feature"};
        info.scale_count = row ? row->scale_count : 0;
        nbx_rule_call call = nbx_checker_call(&checker, 0, NBX_NONE);
        call.port = &info;
        const nbx_reason *broken;
        NBX_TRY(nbx_check_scope(plan, 0, NBX_SCOPE_PORT, &call, &plan->model_reasons, &broken));
        if (broken) plan->rejected = true;
    }
    return NBX_OK;
}

static nbx_status fill(nbx_plan *plan, nbx_registry *registry)
{
    plan->scheme = plan->job->scheme;
    NBX_TRY(add_chips(plan, registry));
    NBX_TRY(find_engine(plan, registry));
    for (uint32_t i = 0; i < plan->graph->value_count; i++) { /* an earlier plan of the same graph may have written here */
        plan->graph->values[i].v.encoding = NULL;
        plan->graph->values[i].v.params = (nbx_span){NULL, 0, sizeof(nbx_qparam)};
        plan->graph->values[i].v.flags &= ~(uint32_t)NBX_VALUE_RANGE;
    }
    NBX_TRY(nbx_plan_index(plan));
    nbx_status options = check_options(plan, &plan->chips[0]), rows = apply_job(plan); /* all mistakes of the job at once */
    if (options != NBX_OK || rows != NBX_OK) return options != NBX_OK ? options : rows;
    return check_ports(plan);
}

nbx_status nbx_plan_begin(nbx_context *context, nbx_registry *registry, const nbx_job *job, nbx_graph *graph, nbx_plan **out)
{
    *out = NULL;
    nbx_arena *arena = nbx_arena_create();
    nbx_plan *plan = arena ? nbx_arena_alloc(arena, sizeof(*plan)) : NULL;
    if (!plan) {
        nbx_arena_destroy(arena);
        return nbx_raise_memory(context);
    }
    plan->context = context;
    plan->arena = arena;
    plan->graph = graph;
    plan->job = job;
    nbx_status status = fill(plan, registry);
    if (status != NBX_OK) {
        nbx_plan_destroy(plan);
        return status;
    }
    *out = plan;
    return NBX_OK;
}

void nbx_plan_destroy(nbx_plan *plan)
{
    if (!plan) return;
    for (uint32_t i = 0; i < plan->segment_count; i++)
        free((void *)(uintptr_t)plan->segments[i].blob);
    if (plan->engine.device) plan->engine.plugin->api.close(plan->engine.device);
    for (uint32_t i = 0; i < plan->chip_count; i++)
        nbx_constants_destroy(plan->chips[i].constants);
    for (uint32_t i = 0; i < plan->chip_count; i++)
        if (plan->chips[i].device) plan->chips[i].plugin->api.close(plan->chips[i].device);
    nbx_arena_destroy(plan->arena);
}
