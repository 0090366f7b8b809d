/* What build servers read of a test.   Source  the schema of JUnit's reports */
#include "web/api/parts.h"

#include "show/html.h"

void ens__api_junit(const char *suite, const char *name, double seconds, const char *failure, ens_web_answer *a)
{
    ens_buf *out = &a->body;
    a->type = "application/xml";
    out->len = 0;
    ens_buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites><testsuite name=\"ensign ");
    ens__html_put(out, suite);
    ens_buf_printf(out, "\" tests=\"1\" failures=\"%d\" errors=\"0\" time=\"%.3f\"><testcase classname=\"ensign.",
                   failure ? 1 : 0, seconds);
    ens__html_put(out, suite);
    ens_buf_text(out, "\" name=\"");
    ens__html_put(out, name);
    ens_buf_printf(out, "\" time=\"%.3f\">", seconds);
    if (failure) {
        ens_buf_text(out, "<failure message=\"");
        ens__html_put(out, failure);
        ens_buf_text(out, "\"/>");
    }
    ens_buf_text(out, "</testcase></testsuite></testsuites>\n");
}
