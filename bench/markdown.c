/* The table of docs/performance.md. */
#include "bench/aims.h"
#include "bench/chart.h"
#include "bench/pictures.h"

static void put_machine(const ens_results *r, ens_buf *out)
{
    ens_buf_printf(out, "%s, %u cores (%s); %s; %s; %s.\n", r->machine.processor, r->machine.cores, r->machine.features,
                   r->machine.system, r->machine.libraries, r->machine.compiler);
}

static void put_operation(const ens_measurement *m, ens_buf *out)
{
    char a[32], b[32], c[32];
    ens_buf_printf(out, "| `%s` | %u | %s | %s | ", m->name, m->threads, ens__chart_number(m->ops_per_s, a),
                   ens__chart_number(m->mean_us, b));
    if (m->floor_us > 0)
        ens_buf_printf(out, "%s | %.3f | ", ens__chart_number(m->floor_us, c), m->ratio);
    else
        ens_buf_text(out, "– | – | ");
    ens_buf_printf(out, "%s | %.2g |\n", m->bytes > 0 ? ens__chart_number(m->bytes * m->ops_per_s / 1e6, a) : "–",
                   m->allocs_per_op);
}

/* is_for_readme leaves out pieces, and inputs that only the page has room for. */
static bool is_for_readme(const char *name)
{
    bool usual = strstr(name, "-ens12k") && !strstr(name, "att");
    return strncmp(name, "stage/", 6) != 0 && (usual || !strstr(name, "-ens"));
}

void ens__markdown_write(const ens_results *r, ens_buf *out)
{
    const ens_aim *aim;
    put_machine(r, out);
    ens_buf_text(out, "\n| what | to reach | measured | |\n|---|---|---|---|\n");
    for (unsigned i = 0; (aim = ens__aim_at(i)); i++) {
        char wanted[64], text[48];
        double measured;
        bool reached;
        if (ens__aim_judge(aim, r, &measured, &reached))
            ens_buf_printf(out, "| %s | %s | %s | %s |\n", aim->what, ens__aim_wanted(aim, wanted),
                           ens__aim_text(aim, measured, text), reached ? "reached" : "not reached");
    }
    ens_buf_text(out, "\n| operation | threads | a second | µs | floor µs | ratio | MB/s | allocations "
                      "|\n|---|--:|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < r->num; i++)
        if (is_for_readme(r->item[i].name))
            put_operation(&r->item[i], out);
}
