#include "bench/pictures.h"

#include "bench/chart.h"
#include "bench/stages.h"

#include <stdio.h>

#define WIDTH 460.0      /* of a picture in the page: as wide as a phone can show without small print */
#define MAIN_WIDTH 720.0 /* of the picture in docs/performance.md */
#define HEIGHT 320.0     /* of a picture with lines */
#define MARGIN 16.0      /* … left and right */
#define PAD 14.0

static const ens_colour colours[] = {ENS_COLOUR_REST,    ENS_COLOUR_RSA,      ENS_COLOUR_SHA,
                                     ENS_COLOUR_INFLATE, ENS_COLOUR_SCAN,     ENS_COLOUR_CANON,
                                     ENS_COLOUR_MIME,    ENS_COLOUR_DOCUMENT, ENS_COLOUR_PEER};

static const ens_measurement *find(const ens_results *r, const char *operation, const char *input, unsigned threads)
{
    char name[ENS_OPERATION_NAME];
    snprintf(name, sizeof name, "%s/%s", operation, input);
    return ens__results_find(r, name, threads);
}

static const ens_measurement *find_stage(const ens_results *r, const ens_stage *s)
{
    char operation[64];
    snprintf(operation, sizeof operation, "stage/%s", s->name);
    return find(r, operation, ENS_PICTURES_INPUT, 1);
}

static void add_segment(ens_bar *bar, const char *name, double value, ens_colour colour)
{
    if (bar->num < ENS_CHART_SEGMENTS && value > 0)
        bar->segment[bar->num++] = (ens_segment){name, value, colour};
}

static void label(ens_bar *bar, const char *text, double value, const char *unit)
{
    char number[32];
    snprintf(bar->label, sizeof bar->label, "%s", text);
    snprintf(bar->figure, sizeof bar->figure, "%s %s", ens__chart_number(value, number), unit);
}

/* fill_stages: the floor, and ours, piece by piece; false when they weren't measured. */
static bool fill_stages(const ens_results *r, ens_bars *b)
{
    const ens_measurement *whole = find_stage(r, ens__stage_at(0));
    const ens_stage *stage;
    double floor = 0, sum = 0;
    if (!whole)
        return false;
    *b = (ens_bars){.unit = "µs", .legend = true, .num = 2};
    for (unsigned i = 1; (stage = ens__stage_at(i)); i++) {
        const ens_measurement *m = find_stage(r, stage);
        if (!m)
            continue;
        if (!stage->operation)
            add_segment(&b->bar[0], stage->label, m->mean_us, colours[i]);
        floor += stage->operation ? 0 : m->mean_us;
        sum += m->mean_us;
        add_segment(&b->bar[1], stage->label, m->mean_us, colours[i]);
    }
    add_segment(&b->bar[1], "header, rules, report", whole->mean_us - sum, ENS_COLOUR_REST);
    label(&b->bar[0], "the floor: bare OpenSSL and libdeflate", floor, "µs");
    label(&b->bar[1], "Ensign: verified, judged, delivered", whole->mean_us, "µs");
    return true;
}

static void add_peer(ens_bars *b, const char *text, const ens_measurement *m, ens_colour colour)
{
    if (!m || b->num == ENS_CHART_BARS)
        return;
    ens_bar *bar = &b->bar[b->num++];
    char number[32];
    label(bar, text, m->mean_us, "µs");
    size_t at = strlen(bar->figure);
    if (m->ours_us > 0)
        snprintf(bar->figure + at, sizeof bar->figure - at, ", %s ×",
                 ens__chart_number(ens__measurement_least(m) / m->ours_us, number));
    add_segment(bar, text, m->mean_us, colour);
}

static bool fill_peers(const ens_results *r, ens_bars *b)
{
    *b = (ens_bars){.unit = "µs"};
    add_peer(b, "Ensign, and all rules judged", find(r, "as4/verify", ENS_PICTURES_INPUT "-root", 1), ENS_COLOUR_RSA);
    add_peer(b, "Ensign, and the document read throughout", find(r, "as4/verify", ENS_PICTURES_INPUT, 1),
             ENS_COLOUR_RSA);
    add_peer(b, "xmlsec1 in process, key given", find(r, "xmlsec1/verify", ENS_PICTURES_INPUT, 1), ENS_COLOUR_PEER);
    add_peer(b, "xmlsec1 in process, key from the message", find(r, "xmlsec1/verify", ENS_PICTURES_INPUT "-token", 1),
             ENS_COLOUR_PEER);
    add_peer(b, "bergshamra, the envelope alone", find(r, "bergshamra/verify", ENS_PICTURES_INPUT, 1), ENS_COLOUR_PEER);
    add_peer(b, "phase4 and WSS4J on the JVM, warm", find(r, "phase4/verify", ENS_PICTURES_INPUT, 1), ENS_COLOUR_PEER);
    return b->num > 1;
}

static void put_bars(const ens_bars *b, const char *title, ens_buf *out)
{
    ens__chart_open(WIDTH, ens__chart_bars_height(b, WIDTH), title, false, out);
    ens__chart_bars(b, 0, WIDTH, out);
    ens__chart_close(out);
}

static void put_lines(const ens_lines *l, const char *title, ens_buf *out)
{
    ens__chart_open(WIDTH, HEIGHT, title, false, out);
    ens__chart_lines(l, 4, WIDTH, HEIGHT - 4, out);
    ens__chart_close(out);
}

void ens__picture_stages(const ens_results *r, ens_buf *out)
{
    ens_bars b;
    if (fill_stages(r, &b))
        put_bars(&b, "Where the time of one verification goes", out);
}

void ens__picture_peers(const ens_results *r, ens_buf *out)
{
    ens_bars b;
    if (fill_peers(r, &b))
        put_bars(&b, "One verification beside other stacks", out);
}

void ens__picture_main(const ens_results *r, ens_buf *out)
{
    ens_bars stages = {0}, peers = {0};
    bool has_stages = fill_stages(r, &stages), has_peers = fill_peers(r, &peers);
    char foot[512];
    stages.margin = peers.margin = MARGIN;
    stages.heading = "Verifying a sealed ENS message of 12 KB, RSA-2048: where the time goes";
    peers.heading = "The same message, one thread each";
    double height = PAD + (has_stages ? ens__chart_bars_height(&stages, MAIN_WIDTH) + PAD : 0) +
                    (has_peers ? ens__chart_bars_height(&peers, MAIN_WIDTH) + PAD : 0) + 24;
    double y = PAD;
    ens__chart_open(MAIN_WIDTH, height, stages.heading, true, out);
    if (has_stages)
        y += ens__chart_bars(&stages, y, MAIN_WIDTH, out) + PAD;
    if (has_peers)
        y += ens__chart_bars(&peers, y, MAIN_WIDTH, out) + PAD;
    snprintf(foot, sizeof foot, "%s, %u cores; %s", r->machine.processor, r->machine.cores, r->machine.libraries);
    ens_buf_printf(out, "<text x=\"16\" y=\"%.1f\" class=\"soft\">", y + 6);
    ens__chart_text(foot, out);
    ens_buf_text(out, "</text>");
    ens__chart_close(out);
}

/* add_sizes adds a line through what was measured of an operation at every size. */
static void add_sizes(const ens_results *r, ens_lines *l, const char *operation, bool of_floor, ens_colour colour)
{
    static const struct {
        const char *input;
        double bytes;
    } sizes[] = {{"rsa2048-ens2k", 2048},
                 {"rsa2048-ens12k", 12288},
                 {"rsa2048-ens100k", 102400},
                 {"rsa2048-ens1m", 1 << 20},
                 {"rsa2048-ens100m", 100 << 20}};
    ens_series *s = &l->series[l->num];
    *s = (ens_series){.colour = colour, .dashed = of_floor};
    snprintf(s->name, sizeof s->name, "%s%s", operation, of_floor ? ", floor" : "");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const ens_measurement *m = find(r, operation, sizes[i].input, 1);
        double us = !m ? 0 : of_floor ? m->floor_us : m->mean_us;
        if (us <= 0)
            continue;
        s->x[s->num] = sizes[i].bytes;
        s->y[s->num++] = m->bytes / us; /* bytes a microsecond are MB a second */
    }
    l->num += s->num > 1;
}

void ens__picture_sizes(const ens_results *r, ens_buf *out)
{
    ens_lines l = {.log_x = true,
                   .log_y = true,
                   .x_label = "size of the business document",
                   .y_label = "MB/s of document",
                   .x_mark = {2048, 12288, 102400, 1 << 20, 100 << 20},
                   .x_text = {"2 KB", "12 KB", "100 KB", "1 MB", "100 MB"},
                   .num_x_marks = 5};
    add_sizes(r, &l, "as4/verify", false, ENS_COLOUR_RSA);
    add_sizes(r, &l, "as4/verify", true, ENS_COLOUR_RSA);
    add_sizes(r, &l, "as4/seal", false, ENS_COLOUR_DOCUMENT);
    add_sizes(r, &l, "as4/seal", true, ENS_COLOUR_DOCUMENT);
    if (l.num)
        put_lines(&l, "Throughput over the size of the document", out);
}

void ens__picture_threads(const ens_results *r, ens_buf *out)
{
    static const char *const operations[][2] = {{"as4/verify", ENS_PICTURES_INPUT},
                                                {"as4/receipt", ENS_PICTURES_INPUT "-check"},
                                                {"as4/seal", ENS_PICTURES_INPUT},
                                                {"certs/path", ENS_PICTURES_INPUT}};
    ens_bars b = {.unit = "a second"};
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        const ens_measurement *one = find(r, operations[i][0], operations[i][1], 1),
                              *two = find(r, operations[i][0], operations[i][1], 2);
        char number[32];
        if (!one || !two)
            continue;
        ens_bar *bar = &b.bar[b.num++];
        label(bar, strcmp(operations[i][0], "as4/receipt") == 0 ? "as4/receipt, check" : operations[i][0],
              two->ops_per_s, "a second");
        size_t at = strlen(bar->figure);
        snprintf(bar->figure + at, sizeof bar->figure - at, " by two, %s ×",
                 ens__chart_number(two->ops_per_s / one->ops_per_s, number));
        add_segment(bar, "one thread", one->ops_per_s, ENS_COLOUR_RSA);
        add_segment(bar, "what the second adds", two->ops_per_s - one->ops_per_s, ENS_COLOUR_SHA);
    }
    b.legend = true;
    if (b.num)
        put_bars(&b, "Throughput over threads", out);
}

static void add_latency(const ens_results *r, ens_lines *l, const char *operation, const char *input, const char *name,
                        ens_colour colour)
{
    const ens_measurement *m = find(r, operation, input, 1);
    ens_series *s = &l->series[l->num];
    if (!m || m->quantile_us[0] <= 0)
        return;
    *s = (ens_series){.colour = colour};
    snprintf(s->name, sizeof s->name, "%s", name);
    for (unsigned q = 0; q + 1 < ENS_TURNS_QUANTILES; q++) { /* the longest of all says nothing */
        s->x[s->num] = q;
        s->y[s->num++] = m->quantile_us[q];
    }
    l->num++;
}

void ens__picture_latency(const ens_results *r, ens_buf *out)
{
    ens_lines l = {.log_y = true,
                   .x_label = "share of the operations that took no longer",
                   .y_label = "µs",
                   .x_mark = {0, 25, 50, 75, 99},
                   .x_text = {"0 %", "25 %", "50 %", "75 %", "99 %"},
                   .num_x_marks = 5};
    add_latency(r, &l, "as4/verify", ENS_PICTURES_INPUT, "verify", ENS_COLOUR_RSA);
    add_latency(r, &l, "as4/verify", ENS_PICTURES_INPUT "-cold", "verify, unknown signer", ENS_COLOUR_SHA);
    add_latency(r, &l, "as4/receipt", ENS_PICTURES_INPUT "-check", "receipt check", ENS_COLOUR_CANON);
    add_latency(r, &l, "as4/seal", ENS_PICTURES_INPUT, "seal", ENS_COLOUR_DOCUMENT);
    if (l.num)
        put_lines(&l, "How long single operations took", out);
}

/* Every operation of one thread with its floor, as one bar each: the floor's share and the rest. */
void ens__picture_ratios(const ens_results *r, ens_buf *out)
{
    ens_bars b = {.unit = "%", .legend = true};
    static const char *const wanted[] = {"as4/verify/rsa2048-ens12k",        "as4/verify/rsa4096-ens12k",
                                         "as4/receipt/rsa2048-ens12k-check", "as4/seal/rsa2048-ens12k",
                                         "as4/seal/rsa4096-ens12k",          "as4/receipt/rsa2048-ens12k-make",
                                         "certs/path/rsa2048-ens12k",        "as4/verify/rsa2048-ens12k-cold"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const ens_measurement *m = ens__results_find(r, wanted[i], 1);
        if (!m || m->ratio <= 0)
            continue;
        ens_bar *bar = &b.bar[b.num++];
        double part = m->ratio < 1 ? m->ratio : 1;
        snprintf(bar->label, sizeof bar->label, "%s", m->name);
        snprintf(bar->figure, sizeof bar->figure, "%.3f", m->ratio);
        add_segment(bar, "floor", part * 100, ENS_COLOUR_RSA);
        add_segment(bar, "all the rest", (1 - part) * 100, ENS_COLOUR_REST);
    }
    if (b.num)
        put_bars(&b, "How much of an operation is its floor", out);
}
