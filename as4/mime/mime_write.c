/* Writing MIME packages. See mime.h. */
#include "as4/mime/mime.h"

static void put_id(ens_buf *out, ens_slice id)
{
    ens_buf_text(out, "<");
    ens_buf_put(out, id);
    ens_buf_text(out, ">");
}

void ens__mime_begin(const ens_mime_writer *w, ens_buf *out)
{
    ens_buf_text(out,
                 "MIME-Version: 1.0\r\nContent-Type: multipart/related; type=\"application/soap+xml\"; boundary=\"");
    ens_buf_text(out, w->boundary);
    ens_buf_text(out, "\"; start=\"");
    put_id(out, w->root_id);
    ens_buf_text(out, "\"\r\n");
}

void ens__mime_part_head(const ens_mime_writer *w, const char *content_type, ens_slice content_id, ens_buf *out)
{
    ens_buf_text(out, "\r\n--");
    ens_buf_text(out, w->boundary);
    ens_buf_text(out, "\r\nContent-Type: ");
    ens_buf_text(out, content_type);
    ens_buf_text(out, "\r\nContent-Transfer-Encoding: binary\r\nContent-ID: ");
    put_id(out, content_id);
    ens_buf_text(out, "\r\n\r\n");
}

void ens__mime_end(const ens_mime_writer *w, ens_buf *out)
{
    ens_buf_text(out, "\r\n--");
    ens_buf_text(out, w->boundary);
    ens_buf_text(out, "--\r\n");
}
