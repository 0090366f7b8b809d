/* The report as one page of HTML that is well-formed XML, too: nothing is fetched, nothing runs. */
#include "bench/aims.h"
#include "bench/chart.h"
#include "bench/pictures.h"

#include <stdio.h>

static const char style[] =
    "*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}"
    "body{margin:0 auto;max-width:1040px;padding:20px 16px 48px;background:var(--paper);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}"
    "h1{font-size:26px;line-height:1.2;margin:8px 0 4px}h2{font-size:18px;margin:36px 0 "
    "6px;line-height:1.3}p{margin:4px 0 10px}"
    ".soft,figcaption{color:var(--soft)}code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:18px 0}"
    ".tile{border:1px solid var(--line);border-radius:8px;padding:10px 12px}.tile "
    "b{display:block;font-size:24px;line-height:1.25;white-space:nowrap}"
    ".tile span{display:block;color:var(--soft);font-size:13px;line-height:1.35}"
    ".grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:20px "
    "28px;align-items:start}"
    "figure{margin:0;min-width:0}figure h2{margin:14px 0 "
    "2px}.chart{display:block;width:100%;max-width:540px;height:auto}figcaption{font-size:13px;"
    "line-height:1.45}"
    ".wide{overflow-x:auto;margin:8px "
    "0}table{border-collapse:collapse;font-size:13px;width:100%;font-variant-numeric:tabular-nums}"
    "th{text-align:right;font-weight:600;color:var(--soft);white-space:nowrap}td{text-align:right;white-space:nowrap}"
    "th,td{padding:4px 8px;border-bottom:1px solid "
    "var(--line)}th:first-child,td:first-child{text-align:left;padding-left:0}"
    ".aims td:first-child{white-space:normal;min-width:130px}.yes{color:var(--c1)}.no{color:var(--c3)}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:8px "
    "0;font-size:13px}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}"
    "@media(max-width:480px){.hide{display:none}body{padding-top:8px}.tiles{grid-template-columns:1fr 1fr}.chart "
    "text{font-size:14px}"
    "th,td{padding:4px 5px}td code{white-space:normal;font-size:12px}.aims td:first-child{min-width:96px}}"
    "@media "
    "print{body{max-width:none;padding:0;font-size:11px}figure,.tile,tr{break-inside:avoid}.grid{grid-template-columns:"
    "1fr 1fr}h2{break-after:avoid}"
    ".wide{overflow:visible}table{font-size:9px}}";

static void put(const char *before, const char *text, const char *after, ens_buf *out)
{
    ens_buf_text(out, before);
    ens__chart_text(text, out);
    ens_buf_text(out, after);
}

static void put_tile(const char *figure, const char *what, ens_buf *out)
{
    put("<div class=\"tile\"><b>", figure, "</b>", out);
    put("<span>", what, "</span></div>\n", out);
}

static void put_tiles(const ens_results *r, ens_buf *out)
{
    const ens_measurement *verify = ens__results_find(r, "as4/verify/rsa2048-ens12k", 1),
                          *both = ens__results_find(r, "as4/verify/rsa2048-ens12k", 2);
    const ens_measurement *xmlsec = ens__results_find(r, "xmlsec1/verify/rsa2048-ens12k", 1);
    const ens_measurement *phase4 = ens__results_find(r, "phase4/verify/rsa2048-ens12k", 1);
    char number[32], text[64];
    ens_buf_text(out, "<div class=\"tiles\">\n");
    if (verify) {
        snprintf(text, sizeof text, "%s µs", ens__chart_number(verify->mean_us, number));
        put_tile(text, "to verify a message of 12 KB", out);
        snprintf(text, sizeof text, "%.0f %%", verify->ratio * 100);
        put_tile(text, "of it is the floor: bare RSA, SHA-256 and inflate", out);
    }
    if (both)
        put_tile(ens__chart_number(both->ops_per_s, number), "messages a second by two threads", out);
    if (xmlsec && xmlsec->ours_us > 0) {
        snprintf(text, sizeof text, "%.1f ×", ens__measurement_least(xmlsec) / xmlsec->ours_us);
        put_tile(text, "as fast as xmlsec1 in process", out);
    }
    if (phase4 && phase4->ours_us > 0) {
        snprintf(text, sizeof text, "%.0f ×", ens__measurement_least(phase4) / phase4->ours_us);
        put_tile(text, "as fast as phase4 on the JVM", out);
    }
    if (verify) {
        snprintf(text, sizeof text, "%.2g", verify->allocs_per_op);
        put_tile(text, "allocations of our own, once it is warm", out);
    }
    ens_buf_text(out, "</div>\n");
}

typedef void (*picture)(const ens_results *r, ens_buf *out);

static void put_figure(const ens_results *r, picture draw, const char *heading, const char *caption, ens_buf *out)
{
    size_t before = out->len;
    put("<figure><h2>", heading, "</h2>\n", out);
    size_t drawn = out->len;
    draw(r, out);
    if (out->len == drawn) {
        out->len = before; /* there was nothing to draw */
        return;
    }
    put("<figcaption>", caption, "</figcaption></figure>\n", out);
}

static void put_figures(const ens_results *r, ens_buf *out)
{
    ens_buf_text(out, "<div class=\"grid\">\n");
    put_figure(r, ens__picture_stages, "Where the time goes",
               "One message of 12 KB, RSA-2048, signer known. Each piece is measured alone, in turns with the whole; "
               "the last piece is what the "
               "others leave of the whole.",
               out);
    put_figure(r, ens__picture_peers, "Beside what people use",
               "The same message in turns, one thread each. xmlsec1 splits the package, parses, verifies and inflates; "
               "bergshamra verifies the envelope alone; phase4 takes the message as "
               "its incoming path does, after warm-up, the best of five rounds. None of them looks into the document "
               "or judges the rules of ICS2. × is "
               "how many times as long as ours in the same turns, the document's root read.",
               out);
    put_figure(r, ens__picture_ratios, "Floor and all the rest",
               "The floor's share of the whole operation, both measured in turns.", out);
    put_figure(r, ens__picture_threads, "One thread and two",
               "Workers share nothing but the processor's caches and its clock.", out);
    put_figure(r, ens__picture_sizes, "Throughput over size",
               "The dashed lines are the floors. What the sender compresses counts before compression.", out);
    put_figure(r, ens__picture_latency, "Latency",
               "Every operation of the run, sorted by how long it took; 12 KB, RSA-2048, one thread.", out);
    ens_buf_text(out, "</div>\n");
}

static void put_aims(const ens_results *r, ens_buf *out)
{
    const ens_aim *aim;
    ens_buf_text(out, "<h2>What it is to reach</h2>\n<div class=\"wide\"><table "
                      "class=\"aims\"><thead><tr><th>what</th><th>to reach</th><th>measured</th>"
                      "<th></th></tr></thead><tbody>\n");
    for (unsigned i = 0; (aim = ens__aim_at(i)); i++) {
        char wanted[64], text[48];
        double measured;
        bool reached;
        if (!ens__aim_judge(aim, r, &measured, &reached))
            continue;
        put("<tr><td>", aim->what, "</td>", out);
        put("<td>", ens__aim_wanted(aim, wanted), "</td>", out);
        put("<td>", ens__aim_text(aim, measured, text), "</td>", out);
        ens_buf_text(out, reached ? "<td class=\"yes\">✓<span class=\"hide\"> reached</span></td></tr>\n"
                                  : "<td class=\"no\">✗<span class=\"hide\"> not reached</span></td></tr>\n");
    }
    ens_buf_text(out, "</tbody></table></div>\n");
}

static void put_cell(double value, bool known, const char *class, ens_buf *out)
{
    char number[32];
    ens_buf_printf(out, "<td%s>", class);
    ens_buf_text(out, known ? ens__chart_number(value, number) : "–");
    ens_buf_text(out, "</td>");
}

/* put_name lets a narrow page break a name behind its slashes. */
static void put_name(const char *name, ens_buf *out)
{
    for (const char *end; (end = strchr(name, '/')); name = end + 1)
        ens_buf_printf(out, "%.*s<wbr/>", (int)(end + 1 - name), name);
    ens__chart_text(name, out);
}

static void put_row(const ens_measurement *m, ens_buf *out)
{
    static const char wide[] = " class=\"hide\"";
    ens_buf_text(out, "<tr><td><code>");
    put_name(m->name, out);
    ens_buf_text(out, "</code></td>");
    ens_buf_printf(out, "<td>%u</td>", m->threads);
    put_cell(m->ops_per_s, true, wide, out);
    put_cell(m->mean_us, true, "", out);
    put_cell(m->floor_us, m->floor_us > 0, "", out);
    put_cell(m->limit_us, m->limit_us > 0, "", out);
    if (m->ratio_min > 0)
        ens_buf_printf(out, "<td>%.3f, %.3f</td>", m->ratio, m->ratio_min);
    else if (m->ratio > 0)
        ens_buf_printf(out, "<td>%.3f</td>", m->ratio);
    else
        ens_buf_text(out, "<td>–</td>");
    if (m->ratio_low > 0)
        ens_buf_printf(out, "<td%s>%.3f–%.3f</td>", wide, m->ratio_low, m->ratio_high);
    else
        ens_buf_printf(out, "<td%s>–</td>", wide);
    put_cell(m->p50_us, m->p50_us > 0, wide, out);
    put_cell(m->p99_us, m->p99_us > 0, wide, out);
    put_cell(m->bytes * m->ops_per_s / 1e6, m->bytes > 0, wide, out);
    put_cell(m->peak_bytes / 1e6, m->peak_bytes > 0, wide, out);
    put_cell(m->own_instructions, m->own_instructions > 0, wide, out);
    ens_buf_printf(out, "<td%s>%.2g</td></tr>\n", wide, m->allocs_per_op);
}

static void put_table(const ens_results *r, ens_buf *out)
{
    ens_buf_text(out,
                 "<h2>Every measurement</h2>\n<div "
                 "class=\"wide\"><table><thead><tr><th>operation</th><th>threads</th><th class=\"hide\">a second</th>"
                 "<th>µs</th><th>floor µs</th><th>limit µs</th><th>ratio, of the minima</th>"
                 "<th class=\"hide\">spread</th><th class=\"hide\">p50</th><th class=\"hide\">p99</th>"
                 "<th class=\"hide\">MB/s</th><th class=\"hide\">peak MB</th><th class=\"hide\">instructions</th><th "
                 "class=\"hide\">allocations</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->num; i++)
        put_row(&r->item[i], out);
    ens_buf_text(out, "</tbody></table></div>\n");
}

static void put_machine(const ens_machine *m, ens_buf *out)
{
    char cores[96];
    ens_buf_text(
        out, "<h2>How it was measured</h2>\n<p>An operation and its floor take turns of a millisecond each, "
             "so that a noisy machine is noisy for "
             "both, and times are the thread's own; figures are those of the median turn, and a turn from "
             "which the system took the processor away is left out. The spread is "
             "that of the ratio over the middle half of the turns. The limit is the floor by the best calls "
             "that are known: the bare exponentiation, pieces hashed side by side. The floor is the bare RSA, SHA-256, "
             "deflate and inflate calls over the very "
             "same bytes with everything ready (<code>bench/floor.h</code>). Peak memory is what the "
             "operation and its contexts took beyond the "
             "message. Instructions are those of our own code by callgrind, as committed; the libraries' are "
             "not among them.</p>\n<dl>");
    snprintf(cores, sizeof cores, ", %u cores", m->cores);
    put("<dt>processor</dt><dd>", m->processor, "", out);
    put("", cores, "</dd>", out);
    put("<dt>it has</dt><dd>", m->features, "</dd>", out);
    put("<dt>system</dt><dd>", m->system, "</dd>", out);
    put("<dt>compiler</dt><dd>", m->compiler, "</dd>", out);
    put("<dt>libraries</dt><dd>", m->libraries, "</dd>", out);
    put("<dt>counters</dt><dd>", m->counters[0] ? m->counters : "read", "</dd></dl>\n", out);
}

void ens__page_write(const ens_results *r, ens_buf *out)
{
    ens_buf_text(
        out, "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head><meta charset=\"utf-8\"/>"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/><meta name=\"color-scheme\" "
             "content=\"light dark\"/>"
             "<title>Ensign: how fast</title><style>");
    ens__chart_style(out);
    ens_buf_text(out, style);
    ens_buf_text(out, "</style></head><body>\n<h1>Ensign: how fast</h1>\n");
    put("<p class=\"soft\">Sealing and judging ICS2 messages against the floor that the cryptography sets. Measured "
        "on ",
        r->machine.processor, ".</p>\n", out);
    put_tiles(r, out);
    put_figures(r, out);
    put_aims(r, out);
    put_table(r, out);
    put_machine(&r->machine, out);
    ens_buf_text(out, "</body></html>\n");
}
