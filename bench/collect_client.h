/* A client of the collecting server for benchmarks and for the harness that kills it: one blocking
 * keep-alive connection, one submission of 50 questions at a time. */
#ifndef TF_BENCH_COLLECT_CLIENT_H
#define TF_BENCH_COLLECT_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENT_BODY = 6000, CLIENT_HEAD = 600 };
static const char client_boundary[] = "b7e1c0ffee5a4d";

static inline int client_connect(const char *host, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0 || inet_pton(AF_INET, host, &at.sin_addr) != 1)
        return -1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const struct timeval patience = {.tv_sec = 20};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* The XML of 50 questions, about 1.2 KB, or an ODK manifest that names one encrypted file. */
static inline size_t client_xml(char *to, size_t cap, const char *instance, bool sealed)
{
    int n;
    if (sealed) {
        char key[345];
        memset(key, 'A', 344);
        key[344] = '\0';
        n = snprintf(to, cap,
                     "<data xmlns=\"http://opendatakit.org/submissions\" id=\"sealed\" version=\"1\" "
                     "encrypted=\"yes\"><base64EncryptedKey>%s</base64EncryptedKey>"
                     "<encryptedXmlFile>submission.xml.enc</encryptedXmlFile>"
                     "<base64EncryptedElementSignature>%s</base64EncryptedElementSignature>"
                     "<meta xmlns=\"http://openrosa.org/xforms\"><instanceID>%s</instanceID></meta></data>",
                     key, key, instance);
        return (size_t)n;
    }
    n = snprintf(to, cap, "<data id=\"bench\" version=\"1\">");
    for (int k = 1; k <= 50; k++)
        n += snprintf(to + n, cap - (size_t)n, "<q%d>%d</q%d>", k, k * 37 % 101, k);
    n += snprintf(to + n, cap - (size_t)n,
                  "<note>some words that an interviewer left here, about as long as such remarks are"
                  "</note><note2>and another remark, for the second half of the questions</note2>"
                  "<note3>0123456789012345678901234567890123456789012345678901234567890123456789</note3>"
                  "<meta><instanceID>%s</instanceID></meta></data>", instance);
    return (size_t)n;
}

/* A whole request into `to` (CLIENT_HEAD + CLIENT_BODY bytes); returns its size. */
static inline size_t client_request(char *to, const char *path, const char *instance, bool sealed)
{
    char body[CLIENT_BODY], xml[CLIENT_BODY / 2];
    const size_t x = client_xml(xml, sizeof xml, instance, sealed);
    size_t n = (size_t)snprintf(body, sizeof body,
                                "--%s\r\nContent-Disposition: form-data; name=\"xml_submission_file\"; "
                                "filename=\"submission.xml\"\r\nContent-Type: text/xml\r\n\r\n%.*s\r\n",
                                client_boundary, (int)x, xml);
    if (sealed) {
        n += (size_t)snprintf(body + n, sizeof body - n,
                              "--%s\r\nContent-Disposition: form-data; name=\"submission.xml.enc\"; "
                              "filename=\"submission.xml.enc\"\r\nContent-Type: application/octet-stream"
                              "\r\n\r\n", client_boundary);
        for (int k = 0; k < 1200; k++)
            body[n++] = (char)(k * 131 + instance[k % 20]);
        n += (size_t)snprintf(body + n, sizeof body - n, "\r\n");
    }
    n += (size_t)snprintf(body + n, sizeof body - n, "--%s--\r\n", client_boundary);
    const size_t head = (size_t)snprintf(
        to, CLIENT_HEAD,
        "POST %s/submission HTTP/1.1\r\nHost: 127.0.0.1\r\nX-OpenRosa-Version: 1.0\r\n"
        "Content-Type: multipart/form-data; boundary=%s\r\nContent-Length: %zu\r\n\r\n",
        path, client_boundary, n);
    memcpy(to + head, body, n);
    return head + n;
}

static inline bool client_send(int fd, const char *data, size_t n)
{
    while (n > 0) {
        const ssize_t put = send(fd, data, n, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        data += put;
        n -= (size_t)put;
    }
    return true;
}

/* The status of the answer, its body read away; 0 when the connection ended before it was whole. */
static inline int client_answer(int fd)
{
    char buffer[4096];
    size_t n = 0, need = 0;
    while (need == 0 || n < need) {
        const ssize_t got = recv(fd, buffer + n, sizeof buffer - 1 - n, 0);
        if (got <= 0)
            return 0;
        n += (size_t)got;
        buffer[n] = '\0';
        const char *end = strstr(buffer, "\r\n\r\n"), *length = strstr(buffer, "\r\nContent-Length: ");
        if (need == 0 && end != NULL) {
            size_t body = 0;
            for (const char *p = length == NULL ? "" : length + 18; *p >= '0' && *p <= '9'; p++)
                body = 10 * body + (size_t)(*p - '0');
            need = (size_t)(end - buffer) + 4 + body;
            if (need > sizeof buffer - 1)
                return 0;
        }
    }
    return n < 12 ? 0 : (buffer[9] - '0') * 100 + (buffer[10] - '0') * 10 + (buffer[11] - '0');
}

#endif
