// load: a client that measures a proxy over HTTPS and HTTP/1.1, closed loop or open loop, on one thread.
//
//     load PORT PATH [--connections N] [--seconds S] [--rate R] [--new full|resumed] [--post BYTES] [--slow PATH] [--cert FILE]
//
// At first it opens each connection, makes one request on it, and prints `ready`. Then it follows the lines of standard input:
//     warm    sends requests for half of the time and prints only `ready`: the proxies open their connections to the workers
//     go      sends requests for the given seconds, then waits for those in progress
//     each    sends one request on each connection, MOST_AT_ONCE at a time
// The last two print one line of JSON. The end of standard input ends the program.
//
//   --rate R        open loop: R requests per second begin on schedule, however slow the proxy is. Latency counts from the scheduled
//                   time, so every request that a stall delays shows the stall. Without this option each connection sends its next
//                   request after the response to the last one.
//   --new KIND      one connection for each request, with `Connection: close`. Its handshake is `full` (no session is offered), or
//                   `resumed` from the last connection's ticket.
//   --post BYTES    sends POST with this much content instead of GET.
//   --slow PATH     every hundredth request is a POST of a few bytes to this path. The latencies are those of the other requests only.
//   --cert FILE     certificate and key, PEM, for a server that requires one.
//
// It does not verify certificates (the proxies all show the same one). Chunked content is an error.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MOST_AT_ONCE = 64, SLOW_EVERY = 100, HEAD_LIMIT = 4096, PIECE = 64 << 10, READ_AT_ONCE = 64 << 10 };

typedef struct {
    char *bytes;
    size_t count;
} Request;

typedef struct {
    int socket;  // -1: closed
    SSL *ssl;
    SSL_SESSION *session;
    enum { IDLE, CONNECTING, SHAKING, ASKING } stage;
    bool watches_output;
    const Request *request;
    size_t sent;
    double due;
    char head[HEAD_LIMIT];
    size_t head_count;
    long content_left;  // -1: the head is not whole yet
    int status;
    bool closes;
} Connection;

static struct {
    int port, connections;
    double seconds, rate;
    bool is_new, resumes;
    const char *path, *slow_path, *certificate;
    size_t post;
} options = {.connections = 64, .seconds = 2};

static Connection *connections;
static Connection **idle;  // a stack
static int idle_count, poller, busy;
static SSL_CTX *context;
static Request normal, slow;
static char piece[PIECE];

// The results of a phase.
static float *latencies;
static size_t latency_count, latency_room;
static long answered, begun, failed, refused, bytes, full_handshakes, resumed_handshakes;
static char agreed[128];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

// MARK: One connection

static void watch(Connection *c, bool output) {
    if (c->watches_output == output) return;
    c->watches_output = output;
    struct epoll_event event = {.events = EPOLLIN | (output ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, c->socket, &event)) die("epoll_ctl");
}

static void close_connection(Connection *c) {
    if (c->socket < 0) return;
    // OpenSSL does not resume the session of a connection without close_notify.
    if (c->stage == ASKING || c->stage == IDLE) SSL_shutdown(c->ssl);
    SSL_free(c->ssl);
    close(c->socket);
    c->socket = -1;
}

static void rest(Connection *c) {
    c->stage = IDLE;
    busy--;
    idle[idle_count++] = c;
}

static void fail(Connection *c) {
    failed++;
    close_connection(c);
    rest(c);
}

static void finish(Connection *c) {
    if (c->status / 100 != 2) refused++;
    answered++;
    if (c->request == &normal) {
        if (latency_count == latency_room) {
            latency_room = latency_room ? 2 * latency_room : 1 << 16;
            latencies = realloc(latencies, latency_room * sizeof *latencies);
            if (!latencies) die("memory");
        }
        latencies[latency_count++] = (float)(now() - c->due);
    }
    if (options.is_new || c->closes) close_connection(c);
    rest(c);
}

static void open_connection(Connection *c) {
    c->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->socket < 0) die("socket");
    int one = 1;
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->watches_output = true;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->socket, &event)) die("epoll_ctl");
    c->ssl = SSL_new(context);
    SSL_set_fd(c->ssl, c->socket);
    SSL_set_app_data(c->ssl, c);
    SSL_set_connect_state(c->ssl);
    if (options.resumes && c->session) SSL_set_session(c->ssl, c->session);
    c->stage = CONNECTING;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(c->socket, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) fail(c);
}

static void begin(Connection *c, double due) {
    begun++;
    busy++;
    c->request = options.slow_path && begun % SLOW_EVERY == 0 ? &slow : &normal;
    c->due = due;
    c->sent = c->head_count = 0;
    c->content_left = -1;
    c->closes = false;
    if (c->socket < 0) {
        open_connection(c);
    } else {
        c->stage = ASKING;
    }
}

static int keep_session(SSL *ssl, SSL_SESSION *session) {
    Connection *c = SSL_get_app_data(ssl);
    SSL_SESSION_free(c->session);
    c->session = session;
    return 1;
}

// Accepts every server: building a certificate chain costs the client some 40 us for each full handshake.
static int take_any(X509_STORE_CTX *chain, void *nothing) {
    (void)chain, (void)nothing;
    return 1;
}

static void note_handshake(Connection *c) {
    if (SSL_session_reused(c->ssl)) resumed_handshakes++; else full_handshakes++;
    if (agreed[0]) return;
    const char *group = OBJ_nid2sn(SSL_get_negotiated_group(c->ssl));
    snprintf(agreed, sizeof agreed, "%s %s %s", SSL_get_version(c->ssl), SSL_get_cipher_name(c->ssl), group ? group : "?");
}

// Processes a piece of the response. Returns false if it is malformed or longer than announced.
static bool take(Connection *c, const char *data, size_t count) {
    bytes += count;
    if (c->content_left < 0) {
        size_t before = c->head_count, room = HEAD_LIMIT - 1 - before;
        size_t kept = count < room ? count : room;
        memcpy(c->head + before, data, kept);
        c->head_count += kept;
        c->head[c->head_count] = 0;
        char *end = strstr(c->head, "\r\n\r\n");
        if (!end) return kept == count;
        char *length = strcasestr(c->head, "\r\ncontent-length:");
        if (!length || length > end || sscanf(c->head, "HTTP/1.%*d %d", &c->status) != 1) return false;
        char *closes = strcasestr(c->head, "\r\nconnection: close");
        c->closes = closes && closes < end;
        c->content_left = atol(length + 17);
        count -= end + 4 - c->head - before;
    }
    c->content_left -= (long)count;
    return c->content_left >= 0;
}

// Advances the connection as far as possible. It reads only when the socket has data: the client must not be the bottleneck.
static void advance(Connection *c, bool has_input) {
    if (c->stage == IDLE) {  // tickets, or the proxy has closed it
        int count = SSL_read(c->ssl, piece, PIECE);
        if (count > 0 || SSL_get_error(c->ssl, count) != SSL_ERROR_WANT_READ) close_connection(c);
        return;
    }
    bool wants_output = false;
    if (c->stage == CONNECTING) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(c->socket, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) { fail(c); return; }
        c->stage = SHAKING;
    }
    if (c->stage == SHAKING) {
        int result = SSL_do_handshake(c->ssl);
        if (result != 1) {
            int error = SSL_get_error(c->ssl, result);
            if (error == SSL_ERROR_WANT_READ) watch(c, false);
            else if (error != SSL_ERROR_WANT_WRITE) fail(c);
            return;
        }
        note_handshake(c);
        c->stage = ASKING;
        has_input = has_input && SSL_has_pending(c->ssl);
    }
    while (c->sent < c->request->count) {
        size_t left = c->request->count - c->sent;
        int count = SSL_write(c->ssl, c->request->bytes + c->sent, left < PIECE ? left : PIECE);
        if (count <= 0) {
            if (SSL_get_error(c->ssl, count) != SSL_ERROR_WANT_WRITE) { fail(c); return; }
            wants_output = true;
            break;
        }
        c->sent += count;
    }
    watch(c, wants_output);
    while (has_input) {
        int count = SSL_read(c->ssl, piece, PIECE);
        if (count <= 0) {
            if (SSL_get_error(c->ssl, count) != SSL_ERROR_WANT_READ) fail(c);
            return;
        }
        if (!take(c, piece, count)) { fail(c); return; }
        if (c->content_left == 0) { finish(c); return; }
    }
}

// MARK: Phases

static void turn(double seconds) {
    struct epoll_event events[256];
    struct timespec wait = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (time_t)seconds) * 1e9)};
    int count = epoll_pwait2(poller, events, 256, &wait, NULL);
    if (count < 0 && errno != EINTR) die("epoll_pwait2");
    for (int i = 0; i < count; i++) {
        Connection *c = events[i].data.ptr;
        if (c->socket >= 0) advance(c, events[i].events & ~EPOLLOUT);
    }
}

static void ask(double due) {
    Connection *c = idle[--idle_count];
    begin(c, due);
    if (c->stage == ASKING) advance(c, false);
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double percentile(double share) {
    if (!latency_count) return 0;
    size_t index = latency_count * share;
    return latencies[index < latency_count ? index : latency_count - 1] * 1000;
}

static void forget(void) {
    latency_count = 0;
    answered = failed = refused = bytes = full_handshakes = resumed_handshakes = 0;
}

static void tell(double began) {
    double took = now() - began;
    qsort(latencies, latency_count, sizeof *latencies, by_size);
    printf("{\"requests\": %ld, \"seconds\": %.6f, \"p50\": %.4f, \"p99\": %.4f, \"worst\": %.4f, \"bytes\": %ld, \"failed\": %ld, "
           "\"refused\": %ld, \"full\": %ld, \"resumed\": %ld, \"agreed\": \"%s\"}\n",
           answered, took, percentile(0.5), percentile(0.99), percentile(1), bytes, failed, refused, full_handshakes,
           resumed_handshakes, agreed);
    fflush(stdout);
}

static void each(void) {
    // The stack returns the most recent connection first, so all are moved aside first.
    Connection **waiting = malloc(options.connections * sizeof *waiting);
    int left = idle_count;
    memcpy(waiting, idle, left * sizeof *waiting);
    idle_count = 0;
    while (left || busy) {
        while (left && busy < MOST_AT_ONCE) {
            idle[idle_count++] = waiting[--left];
            ask(now());
        }
        if (busy) turn(1);
    }
    free(waiting);
}

static void go(double seconds) {
    double began = now(), end = began + seconds, due = began;
    for (double time = began; time < end; time = now()) {
        if (options.rate) {
            for (; due <= time && idle_count; due += 1 / options.rate) ask(due);
            double until = idle_count && due < end ? due : end;
            turn(until > time ? until - time : 0);
        } else {
            while (idle_count && failed < 1000) ask(now());
            turn(end - time);
        }
        if (failed >= 1000) break;
    }
    while (busy) turn(1);
}

// MARK: The beginning

static Request make_request(const char *method, const char *path, size_t content) {
    char head[512];
    int count = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s", method, path,
                         options.is_new ? "Connection: close\r\n" : "");
    if (content) count += snprintf(head + count, sizeof head - count, "Content-Length: %zu\r\n", content);
    count += snprintf(head + count, sizeof head - count, "\r\n");
    Request request = {.bytes = malloc(count + content), .count = count + content};
    memcpy(request.bytes, head, count);
    memset(request.bytes + count, 'x', content);
    return request;
}

static void say_ready(void) {
    puts("ready");
    fflush(stdout);
}

static void usage(void) {
    fprintf(stderr, "usage: load PORT PATH [--connections N] [--seconds S] [--rate R] [--new full|resumed] [--post BYTES] "
                    "[--slow PATH] [--cert FILE]\n");
    exit(2);
}

static void read_options(int count, char **words) {
    if (count < 3 || count % 2 == 0) usage();
    options.port = atoi(words[1]);
    options.path = words[2];
    for (int i = 3; i < count; i += 2) {
        const char *name = words[i], *value = words[i + 1];
        if (!strcmp(name, "--connections")) options.connections = atoi(value);
        else if (!strcmp(name, "--seconds")) options.seconds = atof(value);
        else if (!strcmp(name, "--rate")) options.rate = atof(value);
        else if (!strcmp(name, "--post")) options.post = atol(value);
        else if (!strcmp(name, "--slow")) options.slow_path = value;
        else if (!strcmp(name, "--cert")) options.certificate = value;
        else if (!strcmp(name, "--new")) options.is_new = true, options.resumes = !strcmp(value, "resumed");
        else usage();
    }
    if (options.port <= 0 || options.connections <= 0) usage();
}

int main(int count, char **words) {
    read_options(count, words);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    context = SSL_CTX_new(TLS_client_method());
    // One suite for all proxies, whatever their preference.
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_cert_verify_callback(context, take_any, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE);
    // Reads many records with one read(2), instead of two reads for each record.
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, READ_AT_ONCE);
    SSL_CTX_set_session_cache_mode(context, options.resumes ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF);
    if (options.resumes) SSL_CTX_sess_set_new_cb(context, keep_session);
    if (options.certificate && (SSL_CTX_use_certificate_chain_file(context, options.certificate) != 1 ||
                                SSL_CTX_use_PrivateKey_file(context, options.certificate, SSL_FILETYPE_PEM) != 1))
        die(options.certificate);
    normal = make_request(options.post ? "POST" : "GET", options.path, options.post);
    if (options.slow_path) slow = make_request("POST", options.slow_path, 5);
    poller = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc(options.connections, sizeof *connections);
    idle = malloc(options.connections * sizeof *idle);
    for (int i = options.connections - 1; i >= 0; i--) {
        connections[i].socket = -1;
        idle[idle_count++] = &connections[i];
    }
    each();
    if (failed) {
        fprintf(stderr, "load: %ld of the first %d requests had no whole answer\n", failed, options.connections);
        return 1;
    }
    say_ready();
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        forget();
        double began = now();
        if (!strcmp(line, "warm\n")) {
            go(options.seconds / 2);
            say_ready();
            continue;
        }
        if (!strcmp(line, "go\n")) go(options.seconds); else if (!strcmp(line, "each\n")) each(); else usage();
        tell(began);
    }
    return 0;
}
