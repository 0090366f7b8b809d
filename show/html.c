#include "show/html.h"

#include "engine/base/printable.h"
#include "show/page.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_MAX 2048

/* Light and dark by the reader's choice, light on paper. A policy forbids all that the page doesn't have. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c2128;--dim:#5b6570;--paper:#ffffff;--card:#f5f7f9;--line:#d5dbe1;"
    "--good:#1a7f37;--warn:#9a6700;--bad:#c92a2a;--skip:#1864ab;--on:#ffffff}\n"
    "@media "
    "(prefers-color-scheme:dark){:root{--ink:#e3e8ee;--dim:#9aa6b2;--paper:#14181d;--card:#1c2229;--line:#333c46;"
    "--good:#4ac26b;--warn:#d4a72c;--bad:#ff6b6b;--skip:#6cb6ff;--on:#10151a}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe "
    "UI',Roboto,'Noto Sans',"
    "'DejaVu Sans',sans-serif;overflow-wrap:anywhere}\n"
    "main{max-width:58rem;margin:0 auto;padding:1.5rem 1rem 3rem}\n"
    "h1{font-size:1.45rem;line-height:1.25;margin:.2rem 0}\n"
    "h2{font-size:1.1rem;margin:2rem 0 .6rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}\n"
    "h3{font-size:.95rem;margin:1.3rem 0 .4rem}\n"
    "p{margin:.3rem 0}code{font:.85em ui-monospace,'DejaVu Sans Mono',Consolas,monospace}\n"
    ".dim{color:var(--dim)}.small{font-size:.875rem}\n"
    ".accepted,.pass{--c:var(--good)}.refused,.fail{--c:var(--bad)}.undecided,.skip{--c:var(--skip)}.warn{--c:var(--"
    "warn)}\n"
    ".banner{background:var(--card);border:1px solid var(--line);border-left:.5rem solid "
    "var(--c);border-radius:.5rem;padding:1rem 1.2rem}\n"
    ".banner .word{color:var(--c);font-weight:700;font-size:1.25rem;text-transform:capitalize}\n"
    ".facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(15rem,46%),1fr));gap:.7rem;margin:.8rem 0 "
    "0}\n"
    ".facts>div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem}\n"
    ".facts dt{color:var(--dim);font-size:.8rem}.facts dd{margin:0;font-weight:600}\n"
    ".facts dd span{display:block;font-weight:400;font-size:.875rem;color:var(--dim)}\n"
    "ol.todo{padding-left:1.5rem;margin:0}ol.todo li{margin:.45rem 0}ol.todo "
    "li::marker{font-weight:700;color:var(--c,var(--ink))}\n"
    "ol.path{list-style:none;margin:0;padding:0}\n"
    "ol.path li{position:relative;background:var(--card);border:1px solid "
    "var(--line);border-radius:.5rem;padding:.6rem .9rem;margin:0 0 1.6rem}\n"
    "ol.path li+li::before{content:'\\2193  issued "
    "by';position:absolute;top:-1.45rem;left:1rem;font-size:.8rem;color:var(--dim)}\n"
    "ol.path li.anchor{border-color:var(--good);border-width:2px}ol.path li:last-child{margin-bottom:0}\n";
static const char style_of_proof[] =
    "figure{margin:0}svg{display:block;width:100%;height:auto;max-width:58rem}\n"
    "svg text{fill:var(--ink);font:12px system-ui,'Noto Sans','DejaVu Sans',sans-serif}svg .dim{fill:var(--dim)}\n"
    "svg .grid{stroke:var(--line)}svg .bar{fill:var(--c)}svg .in{fill:var(--on);font-size:11px}\n"
    "svg .at{stroke:var(--ink);stroke-width:1.5}svg .end{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:4 3}svg "
    "text.endtext{fill:var(--bad)}\n"
    ".narrow{display:none}\n"
    "dl.cert{display:grid;grid-template-columns:9rem 1fr;gap:.15rem .8rem;margin:0;font-size:.925rem}\n"
    "dl.cert dt{color:var(--dim)}dl.cert dd{margin:0}\n"
    "ul.findings{list-style:none;margin:0;padding:0}\n"
    "ul.findings li{display:grid;grid-template-columns:3.6rem 1fr;gap:.1rem .7rem;padding:.45rem 0;border-top:1px "
    "solid var(--line)}\n"
    ".badge{background:var(--c);color:var(--on);font-size:.75rem;font-weight:700;border-radius:.3rem;padding:.08rem "
    "0;text-align:center;"
    "align-self:start;margin-top:.2rem}\n"
    "ul.findings li.pass{font-size:.925rem}li.pass .said,li.pass .clause{display:inline}li.pass .said::after{content:' "
    " '}"
    "li.pass .badge{background:none;color:var(--c);border:1px solid var(--c)}\n"
    ".clause{color:var(--dim);font-size:.82rem}.hint::before{content:'\\2192  ';color:var(--c)}\n"
    "table.index{border-collapse:collapse;width:100%;font-size:.925rem}table.index th,table.index "
    "td{text-align:left;padding:.35rem .6rem .35rem 0;"
    "border-bottom:1px solid var(--line);vertical-align:top}table.index th{color:var(--dim);font-weight:600}\n"
    "table.index .badge{display:inline-block;padding:.05rem .5rem}a{color:inherit}\n"
    "table.index+section.report{margin-top:2.5rem}section.report+section.report{border-top:.25rem solid "
    "var(--line);margin-top:3rem;padding-top:2rem}\n"
    "footer{margin-top:2.5rem;color:var(--dim);font-size:.82rem}\n";
static const char style_of_media[] =
    "@media (max-width:38rem){.wide{display:none}.narrow{display:block}dl.cert{grid-template-columns:1fr;gap:0}dl.cert "
    "dd{margin:0 0 .4rem}"
    "main{padding:1rem .8rem 2rem}table.index .less{display:none}}\n"
    "@media "
    "print{@page{margin:14mm}:root{color-scheme:light;--ink:#000000;--dim:#444444;--paper:#ffffff;--card:#ffffff;--"
    "line:#bbbbbb;--good:#1a7f37;"
    "--warn:#8a5a00;--bad:#b00020;--skip:#1864ab;--on:#ffffff}body{font-size:10.5pt}main{max-width:none;padding:0}"
    ".wide{display:block}.narrow{display:none}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}"
    "h2,h3{break-after:avoid}li,figure,.banner,.facts>div{break-inside:avoid}section.report+section.report{break-"
    "before:page;border:0;margin:0;padding:0}"
    "dl.cert{grid-template-columns:9rem 1fr}.facts{grid-template-columns:repeat(3,1fr)}"
    "ul.findings li{padding:.2rem 0}ol.path li{padding:.4rem .8rem;margin-bottom:1.4rem}}\n";

static const char *entity(uint8_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void ens__html_text(ens_buf *out, ens_slice text)
{
    ens_reader r = ens_read(text);
    ens_slice one;
    while (ens__printable_next(&r, &one)) {
        const char *escaped = one.len == 1 ? entity(one.p[0]) : NULL;
        if (escaped)
            ens_buf_text(out, escaped);
        else
            ens_buf_put(out, one);
    }
}

void ens__html_put(ens_buf *out, const char *text)
{
    if (text)
        ens__html_text(out, ens_str(text));
}

void ens__html_putf(ens_buf *out, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ens__html_put(out, text);
}

void ens__html_style(ens_buf *out)
{
    ens_buf_text(out, style);
    ens_buf_text(out, style_of_proof);
    ens_buf_text(out, style_of_media);
}

void ens__html_begin(ens_buf *out, const char *title)
{
    ens_buf_text(out, "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta "
                      "charset=\"utf-8\"/>\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                      "'unsafe-inline'\"/>\n<title>");
    ens__html_put(out, title);
    ens_buf_text(out, "</title>\n<style>\n");
    ens__html_style(out);
    ens_buf_text(out, "</style>\n</head>\n<body>\n<main>\n");
}

void ens__html_end(ens_buf *out)
{
    ens_buf_printf(out,
                   "<footer>Ensign %s. Judged on this machine; the registration in UUM&amp;DS and the STI "
                   "decide.</footer>\n</main>\n</body>\n</html>\n",
                   ens_version());
}
