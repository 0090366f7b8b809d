#include "bench/json.h"

#include "engine/base/file.h"
#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>

#define DATA_MAX ((size_t)16 << 20)

/* One figure of a measurement by its key; null_if_zero: what wasn't measured is null. */
static const struct {
    const char *key;
    size_t at;
    bool null_if_zero;
} figures[] = {
    {"ops_per_s", offsetof(ens_measurement, ops_per_s), false},
    {"mean_us", offsetof(ens_measurement, mean_us), false},
    {"min_us", offsetof(ens_measurement, min_us), true},
    {"p50_us", offsetof(ens_measurement, p50_us), false},
    {"p99_us", offsetof(ens_measurement, p99_us), false},
    {"floor_us", offsetof(ens_measurement, floor_us), true},
    {"ratio", offsetof(ens_measurement, ratio), true},
    {"floor_min_us", offsetof(ens_measurement, floor_min_us), true},
    {"ratio_min", offsetof(ens_measurement, ratio_min), true},
    {"floor_rsa_us", offsetof(ens_measurement, part_us[ENS_FLOOR_RSA]), true},
    {"floor_hash_us", offsetof(ens_measurement, part_us[ENS_FLOOR_HASH]), true},
    {"floor_deflate_us", offsetof(ens_measurement, part_us[ENS_FLOOR_FLATE]), true},
    {"document_us", offsetof(ens_measurement, part_us[ENS_FLOOR_DOCUMENT]), true},
    {"limit_us", offsetof(ens_measurement, limit_us), true},
    {"ratio_low", offsetof(ens_measurement, ratio_low), true},
    {"ratio_high", offsetof(ens_measurement, ratio_high), true},
    {"ours_us", offsetof(ens_measurement, ours_us), true},
    {"allocs_per_op", offsetof(ens_measurement, allocs_per_op), false},
    {"bytes", offsetof(ens_measurement, bytes), true},
    {"peak_bytes", offsetof(ens_measurement, peak_bytes), true},
    {"instructions", offsetof(ens_measurement, instructions), true},
    {"cycles", offsetof(ens_measurement, cycles), true},
    {"own_instructions", offsetof(ens_measurement, own_instructions), true},
    {"commits_per_op", offsetof(ens_measurement, commits_per_op), true},
};
#define NUM (sizeof figures / sizeof *figures)

json_t *ens__bench_json(const ens_measurement *m, const ens_machine *machine, bool quantiles)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", json_string(m->name));
    json_object_set_new(o, "threads", json_integer(m->threads));
    for (size_t i = 0; i < NUM; i++) {
        double value;
        memcpy(&value, (const char *)m + figures[i].at, sizeof value);
        json_object_set_new(o, figures[i].key, figures[i].null_if_zero && value <= 0 ? json_null() : json_real(value));
    }
    json_object_set_new(o, "bytes_per_s", m->bytes > 0 ? json_real(m->bytes * m->ops_per_s) : json_null());
    json_object_set_new(o, "operations", json_integer((json_int_t)m->operations));
    json_object_set_new(o, "slices", json_integer((json_int_t)m->slices));
    json_object_set_new(o, "disturbed", json_integer((json_int_t)m->disturbed));
    if (machine->counters[0])
        json_object_set_new(o, "counters", json_string(machine->counters));
    if (quantiles) {
        json_t *list = json_array();
        for (unsigned q = 0; q < ENS_TURNS_QUANTILES; q++)
            json_array_append_new(list, json_real(m->quantile_us[q]));
        json_object_set_new(o, "quantiles_us", list);
    }
    return o;
}

static const struct {
    const char *key;
    size_t at, size;
} texts[] = {
    {"processor", offsetof(ens_machine, processor), sizeof(((ens_machine *)0)->processor)},
    {"features", offsetof(ens_machine, features), sizeof(((ens_machine *)0)->features)},
    {"system", offsetof(ens_machine, system), sizeof(((ens_machine *)0)->system)},
    {"compiler", offsetof(ens_machine, compiler), sizeof(((ens_machine *)0)->compiler)},
    {"libraries", offsetof(ens_machine, libraries), sizeof(((ens_machine *)0)->libraries)},
    {"counters", offsetof(ens_machine, counters), sizeof(((ens_machine *)0)->counters)},
};
#define NUM_TEXTS (sizeof texts / sizeof *texts)

static bool append_line(ens_buf *out, json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(9));
    if (text) {
        ens_buf_text(out, text);
        ens_buf_text(out, "\n");
    }
    free(text);
    json_decref(o);
    return text != NULL;
}

ens_code ens__bench_save(const char *path, const ens_results *r, ens_err *err)
{
    ens_buf out;
    json_t *machine = json_object(), *first = json_object();
    ens_buf_init(&out, NULL, 0, DATA_MAX);
    for (size_t i = 0; i < NUM_TEXTS; i++)
        json_object_set_new(machine, texts[i].key, json_string((const char *)&r->machine + texts[i].at));
    json_object_set_new(machine, "cores", json_integer(r->machine.cores));
    json_object_set_new(first, "machine", machine);
    bool good = append_line(&out, first);
    for (size_t i = 0; i < r->num && good; i++)
        good = append_line(&out, ens__bench_json(&r->item[i], &r->machine, true));
    ens_code code =
        good ? ens_buf_done(&out, err) : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the figures", 0);
    if (code == ENS_OK)
        code = ens__file_write(path, ens_buf_slice(&out), 0666, err);
    ens_buf_free(&out);
    return code;
}

static void load_machine(const json_t *o, ens_machine *m)
{
    for (size_t i = 0; i < NUM_TEXTS; i++) {
        const char *text = json_string_value(json_object_get(o, texts[i].key));
        snprintf((char *)m + texts[i].at, texts[i].size, "%s", text ? text : "");
    }
    m->cores = (unsigned)json_integer_value(json_object_get(o, "cores"));
}

static bool load_measurement(const json_t *o, ens_measurement *m)
{
    const char *name = json_string_value(json_object_get(o, "name"));
    const json_t *quantiles = json_object_get(o, "quantiles_us");
    if (!name || !m)
        return false;
    snprintf(m->name, sizeof m->name, "%s", name);
    m->threads = (unsigned)json_integer_value(json_object_get(o, "threads"));
    m->operations = (size_t)json_integer_value(json_object_get(o, "operations"));
    m->slices = (size_t)json_integer_value(json_object_get(o, "slices"));
    m->disturbed = (size_t)json_integer_value(json_object_get(o, "disturbed"));
    for (size_t i = 0; i < NUM; i++) {
        double value = json_number_value(json_object_get(o, figures[i].key));
        memcpy((char *)m + figures[i].at, &value, sizeof value);
    }
    for (unsigned q = 0; q < ENS_TURNS_QUANTILES; q++)
        m->quantile_us[q] = json_number_value(json_array_get(quantiles, q));
    return true;
}

ens_code ens__bench_load(const char *path, ens_results *r, ens_err *err)
{
    ens_file file;
    ens_slice line;
    ens_code code = ens__file_open(path, DATA_MAX, &file, err);
    if (code != ENS_OK)
        return code;
    ens_reader reader = ens_read(file.bytes);
    while (code == ENS_OK && ens_take_line(&reader, &line)) {
        size_t at = ens_at(&reader) - line.len;
        json_t *o = json_loadb((const char *)line.p, line.len, JSON_REJECT_DUPLICATES, NULL),
               *machine = json_object_get(o, "machine");
        if (machine)
            load_machine(machine, &r->machine);
        else if (!load_measurement(o, ens__results_add(r)))
            code = ens_fail_about(err, ENS_ESYNTAX, NULL, "isn't a measurement", path), err->frame[0].at = at;
        json_decref(o);
    }
    ens__file_close(&file);
    return code;
}
