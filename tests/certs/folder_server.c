#include "tests/certs/folder_server.h"

#include "engine/base/digest.h"
#include "engine/base/file.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX 8192
#define ENDLESS ((size_t)40 << 20) /* bytes: more than a list may have */

static bool transmit(int fd, const void *bytes, size_t len)
{
    for (size_t sent = 0; sent < len;) {
        ssize_t n = send(fd, (const char *)bytes + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += (size_t)n;
    }
    return true;
}

static void answer(int fd, const char *status, const char *headers, ens_slice body, size_t send_len)
{
    char head[512];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
                     headers, body.len);
    if (transmit(fd, head, (size_t)n))
        transmit(fd, body.p, send_len);
}

static void give_endless(int fd)
{
    static const char block[65536];
    const char *head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    bool good = transmit(fd, head, strlen(head));
    for (size_t n = 0; good && n < ENDLESS; n += sizeof block)
        good = transmit(fd, block, sizeof block);
}

static void give(folder_server *s, int fd, const char *request, const char *path, folder_fault fault)
{
    char file_path[1024], etag[80], headers[256], hex[65];
    uint8_t sha256[32];
    ens_file file = {0};
    snprintf(file_path, sizeof file_path, "%s%.*s", s->folder, (int)strcspn(path, "?"), path);
    if (fault == FOLDER_MISSING || strstr(path, "..") || ens__file_open(file_path, 0, &file, NULL) != ENS_OK ||
        ens__sha256(file.bytes, sha256, NULL) != ENS_OK) {
        answer(fd, "404 Not Found", "", ENS_LIT("<html>not here</html>"), 21);
        return;
    }
    ens__hex(ens_bytes(sha256, sizeof sha256), hex);
    snprintf(etag, sizeof etag, "\"%.16s\"", hex);
    snprintf(headers, sizeof headers, "ETag: %s\r\nLast-Modified: Tue, 01 Sep 2026 00:00:00 GMT\r\n", etag);
    const char *had = strstr(request, "If-None-Match: ");
    if (had && strncmp(had + sizeof "If-None-Match: " - 1, etag, strlen(etag)) == 0) {
        s->num_same++;
        answer(fd, "304 Not Modified", headers, (ens_slice){0}, 0);
    } else {
        answer(fd, "200 OK", headers, file.bytes, fault == FOLDER_CUT ? file.bytes.len / 2 : file.bytes.len);
    }
    ens__file_close(&file);
}

static void serve(folder_server *s, int fd)
{
    char request[REQUEST_MAX + 1], path[256], moved[320];
    size_t len = 0;
    do {
        ssize_t n = recv(fd, request + len, REQUEST_MAX - len, 0);
        if (n <= 0)
            return;
        len += (size_t)n;
        request[len] = '\0';
    } while (!strstr(request, "\r\n\r\n") && len < REQUEST_MAX);
    if (sscanf(request, "GET %255s ", path) != 1)
        return;
    s->num_requests++;
    folder_fault fault = s->odd && strcmp(path, s->odd) == 0 ? s->fault : FOLDER_GOOD;
    switch (fault) {
    case FOLDER_SILENT:
        while (!s->stop && recv(fd, request, REQUEST_MAX, MSG_DONTWAIT) != 0)
            usleep(10000);
        break;
    case FOLDER_ENDLESS:
        give_endless(fd);
        break;
    case FOLDER_REDIRECTED:
        snprintf(moved, sizeof moved, "Location: %s?moved\r\n", path);
        answer(fd, "302 Found", moved, ENS_LIT("moved"), 5);
        break;
    default:
        give(s, fd, request, path, fault);
        break;
    }
}

static void *run(void *context)
{
    folder_server *s = context;
    while (!s->stop) {
        struct pollfd ready = {.fd = s->listener, .events = POLLIN};
        if (poll(&ready, 1, 20) <= 0)
            continue;
        int fd = accept(s->listener, NULL, NULL);
        if (fd < 0)
            continue;
        struct timeval patience = {.tv_sec = 5};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        serve(s, fd);
        close(fd);
    }
    return NULL;
}

bool folder_server_start(folder_server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&at, len) != 0 || listen(s->listener, 16) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&at, &len) != 0)
        return false;
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", ntohs(at.sin_port));
    return pthread_create(&s->thread, NULL, run, s) == 0;
}

void folder_server_stop(folder_server *s)
{
    s->stop = true;
    pthread_join(s->thread, NULL);
    close(s->listener);
}
