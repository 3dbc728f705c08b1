/* Viewers of live rooms, many and cheap: one thread, one epoll, no allocation per event.

   usage: load PORT TICKETS RESIDENTS JOINS_PER_S STAY_MS BEATS_PER_S LIKES_PER_S LINES_PER_S WARM_S RUN_S

   TICKETS is a file with one ticket a line; residents take theirs from its beginning, those who
   come and go from all of it. After the residents are in and WARM_S passed, it prints "go" and
   waits for a line on stdin; runs for RUN_S; prints one JSON object.

   A frame's delay is how much more than half a second passed at this viewer since the one before. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { NEW, ASKING, IN };
enum { MOST = 65536, HELD = 4096, SAMPLES = 4000000 };

typedef struct {
    int fd, state, resident, have;
    double asked, heard, leaves;
    unsigned char data[HELD];
} Viewer;

static Viewer *viewers;
static int free_places[MOST], frees;
static int guests[MOST], guest_head, guest_tail;
static int residents_in[MOST], resident_count, inside;
static int poll_fd, port, stay_ms;
static char **tickets;
static long ticket_count, next_ticket;
static float *delays, *answers;
static long delay_count, answer_count;
static long joined, refused, lost, frames, bytes, beats, likes, lines, shown, unsaid;
static double said_at[MOST];
static int counting;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void leave(int place, int broken) {
    Viewer *v = &viewers[place];
    if (v->fd < 0) return;
    if (broken && v->state == IN) lost++;
    if (broken && v->state == ASKING) refused++;
    if (v->state == IN) inside--;
    close(v->fd);
    v->fd = -1;
    if (!v->resident) free_places[frees++] = place;
}

static void text(Viewer *v, const char *body, size_t size) {
    unsigned char frame[256];
    size_t head = 2;
    frame[0] = 0x81;
    if (size < 126) frame[1] = 0x80 | size;
    else { frame[1] = 0x80 | 126; frame[2] = size >> 8; frame[3] = size; head = 4; }
    unsigned char mask[4] = {0x5a, 0x17, 0xc3, 0x88};
    memcpy(frame + head, mask, 4);
    for (size_t i = 0; i < size; i++) frame[head + 4 + i] = body[i] ^ mask[i & 3];
    if (send(v->fd, frame, head + 4 + size, MSG_NOSIGNAL) < 0 && errno != EAGAIN) unsaid++;
}

static void come(int resident) {
    if (!frees) return;
    int place = free_places[--frees];
    Viewer *v = &viewers[place];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) { frees++; refused++; return; }
    int one = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    static unsigned next_address;
    next_address++;
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(0x7f000100u + (next_address % 250) + ((next_address / 250 % 16) << 8) + 1);
    bind(fd, (struct sockaddr *)&from, sizeof from);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
        close(fd); frees++; refused++; return;
    }
    v->fd = fd; v->state = NEW; v->resident = resident; v->have = 0; v->heard = 0; v->asked = now();
    v->leaves = 0;
    struct epoll_event e = {.events = EPOLLOUT, .data.u32 = place};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &e);
}

static void ask(int place) {
    Viewer *v = &viewers[place];
    char request[1024];
    int size = snprintf(request, sizeof request,
        "GET /room?k=%s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        "Origin: http://localhost:8000\r\nUser-Agent: Mozilla/5.0 (Linux; Android 14) Mobile\r\n"
        "Accept-Language: zh-CN,zh;q=0.9\r\n\r\n",
        tickets[next_ticket++ % ticket_count]);
    v->state = ASKING;
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = place};
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, v->fd, &e);
    if (send(v->fd, request, size, MSG_NOSIGNAL) != size) leave(place, 1);
}

static void enter(int place) {
    Viewer *v = &viewers[place];
    v->state = IN;
    inside++;
    if (v->resident) residents_in[resident_count++] = place;
    else { v->leaves = now() + stay_ms / 1000.0; guests[guest_tail++ % MOST] = place; }
    if (counting) joined++;
}

static void verdict(const unsigned char *body, size_t size) {
    char copy[256];
    size = size < 255 ? size : 255;
    memcpy(copy, body, size);
    copy[size] = 0;
    if (strstr(copy, "\"ok\":true")) shown++;
    char *c = strstr(copy, "\"c\":\"");
    if (c && counting && answer_count < SAMPLES)
        answers[answer_count++] = (now() - said_at[atol(c + 5) % MOST]) * 1000;
}

static void hear(Viewer *v, const unsigned char *body, size_t size) {
    if (size > 10 && !memcmp(body, "{\"t\":\"said\"", 11)) { verdict(body, size); return; }
    double t = now();
    if (counting) {
        frames++;
        bytes += size;
        if (v->heard && delay_count < SAMPLES) {
            double late = (t - v->heard) * 1000 - 500;
            delays[delay_count++] = late > 0 ? late : 0;
        }
    }
    v->heard = t;
}

static void listen_to(int place) {
    Viewer *v = &viewers[place];
    ssize_t got = recv(v->fd, v->data + v->have, HELD - v->have, 0);
    if (got <= 0) { if (got == 0 || errno != EAGAIN) leave(place, 1); return; }
    v->have += got;
    size_t at = 0;
    if (v->state == ASKING) {
        unsigned char *end = memmem(v->data, v->have, "\r\n\r\n", 4);
        if (!end) return;
        if (memcmp(v->data, "HTTP/1.1 101", 12)) { leave(place, 1); return; }
        at = end + 4 - v->data;
        enter(place);
    }
    while (v->have - at >= 2) {
        size_t size = v->data[at + 1] & 127, head = 2;
        if (size == 126) {
            if (v->have - at < 4) break;
            size = v->data[at + 2] << 8 | v->data[at + 3];
            head = 4;
        }
        if (v->have - at < head + size) break;
        if ((v->data[at] & 15) == 8) { leave(place, 1); return; }
        hear(v, v->data + at + head, size);
        at += head + size;
    }
    memmove(v->data, v->data + at, v->have - at);
    v->have -= at;
    if (v->have == HELD) leave(place, 1);
}

static void listen_all(int patience_ms) {
    static struct epoll_event events[1024];
    int n = epoll_wait(poll_fd, events, 1024, patience_ms);
    for (int i = 0; i < n; i++) {
        int place = events[i].data.u32;
        if (viewers[place].fd < 0) continue;
        if (viewers[place].state == NEW) {
            if (events[i].events & (EPOLLERR | EPOLLHUP)) leave(place, 1);
            else ask(place);
        } else listen_to(place);
    }
}

static Viewer *somebody(void) {
    static unsigned turn;
    for (int tries = 0; tries < 100; tries++) {
        Viewer *v = &viewers[residents_in[turn++ % resident_count]];
        if (v->fd >= 0) return v;
    }
    return NULL;
}

static void guests_go(double t) {
    while (guest_head != guest_tail) {
        int place = guests[guest_head % MOST];
        Viewer *v = &viewers[place];
        if (v->fd >= 0 && v->leaves > t) return;
        guest_head++;
        leave(place, 0);
    }
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static float part(float *all, long count, double share) {
    return count ? all[(long)(share * (count - 1))] : 0;
}

int main(int argc, char **argv) {
    if (argc != 11) return 2;
    port = atoi(argv[1]);
    int residents = atoi(argv[3]);
    double joins_rate = atof(argv[4]);
    stay_ms = atoi(argv[5]);
    double beat_rate = atof(argv[6]), like_rate = atof(argv[7]), line_rate = atof(argv[8]);
    double warm_s = atof(argv[9]), run_s = atof(argv[10]);

    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    FILE *list = fopen(argv[2], "r");
    char row[512];
    tickets = malloc(sizeof(char *) * 200000);
    while (list && ticket_count < 200000 && fgets(row, sizeof row, list)) {
        row[strcspn(row, "\n")] = 0;
        tickets[ticket_count++] = strdup(row);
    }
    viewers = calloc(MOST, sizeof(Viewer));
    delays = malloc(sizeof(float) * SAMPLES);
    answers = malloc(sizeof(float) * SAMPLES);
    for (int i = MOST - 1; i >= 0; i--) { viewers[i].fd = -1; free_places[frees++] = i; }
    poll_fd = epoll_create1(0);

    double give_up = now() + 120;
    int asked = 0;
    while (resident_count < residents && now() < give_up) {
        /* Not all at once: 300 handshakes under way. */
        while (asked < residents && asked - resident_count - refused < 300) { come(1); asked++; }
        listen_all(5);
    }
    double warm = now() + warm_s;
    while (now() < warm) listen_all(5);
    printf("go\n");
    fflush(stdout);
    fcntl(0, F_SETFL, O_NONBLOCK);
    while (read(0, row, 1) < 0) listen_all(2);

    /* Whoever came first has waited for the last: a minute of silence would look like death. */
    for (int i = 0; i < resident_count; i++) {
        Viewer *v = &viewers[residents_in[i]];
        text(v, "{\"t\":\"hb\"}", 10);
        /* A room where nothing happens is silent: that pause is not a late frame. */
        v->heard = 0;
    }
    counting = 1;
    refused = lost = unsaid = 0;
    double start = now(), t = start, end = start + run_s;
    long came = 0, line = 0;
    while ((t = now()) < end) {
        double passed = t - start;
        /* What is due, but not more than a burst of it: a client that was held up catches up slowly. */
        for (int i = 0; came < passed * joins_rate && i < 200; i++, came++) come(0);
        Viewer *v;
        for (int i = 0; beats < passed * beat_rate && i < 500; i++, beats++)
            if ((v = somebody())) text(v, "{\"t\":\"hb\"}", 10);
        for (int i = 0; likes < passed * like_rate && i < 500; i++, likes++)
            if ((v = somebody())) text(v, "{\"t\":\"like\",\"n\":4}", 18);
        for (; line < passed * line_rate; line++) {
            if (!(v = somebody())) continue;
            char body[128];
            int size = snprintf(body, sizeof body, "{\"t\":\"say\",\"c\":\"%ld\",\"b\":\"\xe8\x84\x86\xe6\x9d\x8e\xe5\xa5\xbd\xe5\x90\x83 %ld\"}", line % MOST, line);
            said_at[line % MOST] = now();
            text(v, body, size);
            lines++;
        }
        guests_go(t);
        listen_all(1);
    }
    double ran = now() - start;
    qsort(delays, delay_count, sizeof(float), by_size);
    qsort(answers, answer_count, sizeof(float), by_size);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"residents\":%d,\"inside\":%d,\"ran_s\":%.3f,\"joined\":%ld,\"refused\":%ld,\"lost\":%ld,"
           "\"frames\":%ld,\"bytes\":%ld,\"beats\":%ld,\"likes\":%ld,\"lines\":%ld,\"shown\":%ld,\"unsaid\":%ld,"
           "\"delay_p50_ms\":%.1f,\"delay_p99_ms\":%.1f,\"delay_max_ms\":%.1f,"
           "\"answer_p50_ms\":%.1f,\"answer_p99_ms\":%.1f,\"client_cpu_s\":%.2f}\n",
           resident_count, inside, ran, joined, refused, lost, frames, bytes, beats, likes, lines, shown, unsaid,
           part(delays, delay_count, 0.5), part(delays, delay_count, 0.99), part(delays, delay_count, 1),
           part(answers, answer_count, 0.5), part(answers, answer_count, 0.99),
           used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6 + used.ru_stime.tv_sec + used.ru_stime.tv_usec / 1e6);
    return 0;
}
